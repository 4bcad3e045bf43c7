"""pytest's view of the checkout: the harness is a plugin (`harness.plugin`), installed or not."""
