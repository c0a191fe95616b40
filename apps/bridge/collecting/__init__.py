"""Follows the log of every running job, in as many processes as there are, and stores each line once and in order.

A collector (collector.py) takes its share of the running jobs and starts a follower (follower.py) for each; the
followers' lines wait in bounded buffers, and one writer (writer.py) stores them in fair turns.
"""

from apps.bridge.collecting.collector import Collector

__all__ = ["Collector"]
