"""The table of peers: light networks of published shapes with random weights; listing them imports no engine.

A peer says how long a network of that shape takes, never how good its pictures are: its weights are noise.
"""

from arllie_deploy.bench.peers import mobile_ie, ruas, sci, zero_dce, zero_ig
from arllie_deploy.bench.peers.base import Peer

PEERS = {row.name: row for row in (sci.ROW, ruas.DARK, ruas.LOL, mobile_ie.ROW, zero_dce.ROW, zero_ig.ROW)}

__all__ = ["PEERS", "Peer"]
