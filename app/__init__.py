"""Xindeng (信灯): early warning and credit scoring for small rural loans."""

from typing import Final

CODE_VERSION: Final = "0.1.0"
