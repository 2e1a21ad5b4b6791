"""An exchange and a store that somebody else brings."""
