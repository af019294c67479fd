"""The World of a database, kept per process: read once per version and replaced as a whole."""

from directory.engine.world_reader import read_world
from directory.versioned_cache import VersionedCache

_worlds = VersionedCache(read_world, size=lambda known: len(known.world.members.ids))
known_world = _worlds.current
recent_world = _worlds.recent  # for pages that can do without the changes of the last seconds
