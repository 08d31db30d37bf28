from .meeting import MeetingAdmin

__all__ = ["MeetingAdmin"]
