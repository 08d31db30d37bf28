from pathlib import Path

# A network of three cities: Lyon moved from one field to another, Santos hosted two years late.
FILES = {
    "countries.csv": """\
iso2,iso3,name_en,name_fr,unesco_region,unesco_status,names_source
FR,FRA,France,France,europe-north-america,member,CLDR
JP,JPN,Japan,Japon,asia-pacific,member,CLDR
BR,BRA,Brazil,Brésil,latin-america-caribbean,member,CLDR
""",
    "fields.csv": """\
slug,name_en,name_fr,summary_en,summary_fr,colour_light,colour_dark,pictogram,position,valid_from,valid_to
film,Film,Film,,,#743c8d,#8c7ef4,M3 4h18v15z,1,2004-10-01,
media-arts,Media Arts,Arts numériques,,,#2c7e8e,#1aedf8,M2 4h19v13z,2,2004-10-01,
literature,Literature,Littérature,,,#4148c5,#6cb7fd,M12 6v14,3,2004-10-01,
architecture,Architecture,Architecture,,,#8d7407,#ffd32e,M2 21h20,4,2025-10-31,
""",
    "cities.csv": """\
slug,name_en,name_fr,local_name,aliases,country,latitude,longitude,population,population_year,population_source,geonames_id,note
lyon,Lyon,Lyon,,Lyons;Lione,FR,45.7485,4.8467,520774,2020,census,2996944,
sapporo,Sapporo,Sapporo,札幌,,JP,43.0667,141.3500,1959750,,GeoNames,2128295,
santos,Santos,Santos,,,BR,-23.9608,-46.3336,433656,,GeoNames,3449433,
""",
    "designations.csv": """\
city,field,starts_on,starts_precision,ends_on,end_reason,source
lyon,media-arts,2008-05-01,month,2023-10-30,field-change,memory
lyon,literature,2023-10-31,day,,,press release
sapporo,media-arts,2013-11-11,day,,,press release
santos,film,2015-12-11,day,,,press release
""",
    "themes.csv": "kind,slug,position,name_en,name_fr\n",
    "official_totals.csv": """\
day,field,cities,countries,fields,missing,source
2023-12-31,,4,3,3,1,press release
2023-12-31,film,1,,,0,press release
""",
    "meetings.csv": """\
edition,hosts,hosts_en,hosts_fr,country,planned_year,year,start_date,end_date,status,note,source
1,,Paris,Paris,FR,2008,2008,,,held,,web page
14,santos,Santos,Santos,BR,2020,2022,2022-07-18,2022-07-22,held,postponed,web page
""",
    "meeting_changes.csv": """\
edition,kind,decided_on,year_from,year_to,start_from,end_from,start_to,end_to,\
hosts_from_en,hosts_from_fr,hosts_to_en,hosts_to_fr,reason_en,reason_fr,source
14,postponed,,2020,2022,,,2022-07-18,2022-07-22,,,,,,,web page
""",
}


class DataFolder:
    """A folder with the data files of a small network, to be changed or spoilt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        (self.path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def replace(self, name: str, old: str | bytes, new: str | bytes) -> None:
        """Replace a text that stands in the file exactly once."""
        old, new = (text if isinstance(text, bytes) else text.encode() for text in (old, new))
        content = (self.path / name).read_bytes()
        assert content.count(old) == 1
        self.write(name, content.replace(old, new))

    def append(self, name: str, *lines: str) -> None:
        self.write(name, self.read(name) + "".join(f"{line}\n" for line in lines))
