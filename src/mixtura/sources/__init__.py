"""Where rows live."""

from mixtura.sources.array import ArraySource, block_rows
from mixtura.sources.source import Chunk, Source
from mixtura.sources.summary import Summary, summarize

__all__ = ["ArraySource", "Chunk", "Source", "Summary", "block_rows", "summarize"]
