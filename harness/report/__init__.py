"""The run record and the views of it: text, HTML, Allure, JUnit."""
