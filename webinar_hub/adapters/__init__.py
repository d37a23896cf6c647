"""Floor 4: the outside world behind small protocols: mail, storage, livestream."""
