"""The household world: houses of our own and the games of ALFWorld, in one simulator behind the same tools."""
