"""A conformance test harness for the presence behaviour of IMS/RCS phones."""
