from . import city, country, creative_field, designation, entry_report, history, official_total

__all__ = ["city", "country", "creative_field", "designation", "entry_report", "history", "official_total"]
