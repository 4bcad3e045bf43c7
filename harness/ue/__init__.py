"""The reference UE: performs the documented flow against any network, without I/O."""
