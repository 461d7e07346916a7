"""The table of epilogues: one row and one file each."""

from arllie_deploy.epilogues.base import Constants, Epilogue
from arllie_deploy.epilogues.curve import CURVE
from arllie_deploy.epilogues.direct import DIRECT
from arllie_deploy.epilogues.plain import PLAIN
from arllie_deploy.epilogues.residual import RESIDUAL

EPILOGUES = {row.name: row for row in (RESIDUAL, DIRECT, PLAIN, CURVE)}

__all__ = ["EPILOGUES", "Constants", "Epilogue"]
