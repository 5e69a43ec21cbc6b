"""From where rows come: one file a form of source, each giving a ``RawTable``."""
