"""Where things are: the map's projection, frames, dots that do not hide each other, and distances.

Pure functions without Django. One plane serves every map: Equal Earth centred on 11° E (the cut runs through the
Bering Strait), `WIDTH` units from edge to edge, x to the east, y to the south, the North Pole at y = 0. The outlines in
`rvcu/static/rvcu/map/` are drawn on the same plane by `bin/make-land`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import asin, cos, hypot, pi, radians, sin, sqrt
from typing import NamedTuple

WIDTH = 1000.0
CENTRAL_MERIDIAN = 11.0

EARTH_RADIUS_KM = 6371.0088

# Equal Earth (Šavrič, Patterson and Jenny, 2018): the polynomial's coefficients.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2
_SCALE = WIDTH / (2 * pi / (_M * _A1))


def _northing(t: float) -> float:
    return t * (_A1 + _A2 * t**2 + t**6 * (_A3 + _A4 * t**2))


_POLE = _northing(asin(_M))

HEIGHT = 2 * _POLE * _SCALE


class Frame(NamedTuple):
    """A rectangle of the map's plane, in map units: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    def __str__(self) -> str:
        """Return the value of an SVG viewBox."""
        return " ".join(_short(value) for value in self)


# From a little north of Greenland to a little south of Cape Horn: Antarctica is not drawn.
WORLD = Frame(0.0, -4.0, WIDTH, 444.0)


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Return the place of a position (degrees, WGS 84) on the map, in map units."""
    east = (longitude - CENTRAL_MERIDIAN + 180) % 360 - 180
    return project_unwrapped(east, latitude)


def project_unwrapped(east: float, latitude: float) -> tuple[float, float]:
    """Project degrees east of the central meridian as they are, so that an outline may end exactly at either edge."""
    t = asin(_M * sin(radians(latitude)))
    x = radians(east) * cos(t) / (_M * (_A1 + 3 * _A2 * t**2 + t**6 * (7 * _A3 + 9 * _A4 * t**2)))
    return WIDTH / 2 + x * _SCALE, (_POLE - _northing(t)) * _SCALE


class Matrix(NamedTuple):
    """An affine change of the plane, in the order of SVG's matrix(a b c d e f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def apply(self, at: tuple[float, float]) -> tuple[float, float]:
        x, y = at
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def __str__(self) -> str:
        return f"matrix({' '.join(f'{value:.5g}' for value in self)})"


def upright(longitude: float, latitude: float) -> Matrix:
    """Return the change that draws the surroundings of a position without slant: north up, all directions to one scale.

    Far from the central meridian Equal Earth leans (New Zealand lies almost on its side). A small map undoes this for
    its own place, which stays where it is; areas stay as they are too.
    """
    step = 0.05
    east = (longitude - CENTRAL_MERIDIAN + 180) % 360 - 180
    x, y = project_unwrapped(east, latitude)
    (x0, _), (x1, _) = project_unwrapped(east - step, latitude), project_unwrapped(east + step, latitude)
    (x2, y2), (x3, y3) = project_unwrapped(east, latitude - step), project_unwrapped(east, latitude + step)
    # How the plane changes with a degree eastward (never in y: parallels are straight) and with one northward.
    east_x = (x1 - x0) / cos(radians(latitude))
    north_x, north_y = x3 - x2, y3 - y2
    size = sqrt(-east_x * north_y)
    a, c, d = size / east_x, -size * north_x / (east_x * north_y), -size / north_y
    return Matrix(a, 0.0, c, d, x - a * x - c * y, y - d * y)


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance in kilometres between two (longitude, latitude) pairs in degrees."""
    (lon_a, lat_a), (lon_b, lat_b) = a, b
    half_lat, half_lon = radians(lat_b - lat_a) / 2, radians(lon_b - lon_a) / 2
    h = sin(half_lat) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def view_box(
    points: Iterable[tuple[float, float]],
    aspect: float | None = None,
    margin: float = 0.12,
    min_size: float = 90.0,
) -> Frame:
    """Return the smallest frame that shows all points (map units) with room around them.

    `aspect`, width divided by height, widens it to that shape; without one it is as tight as it can be, for an SVG that
    fills its box by itself. `margin` is the room on each side as a share of the points' extent, `min_size` the width
    below which the map comes no closer. The frame stays within the world. No points, or points over most of the world,
    give the whole of it.
    """
    xs, ys = [], []
    for x, y in points:
        xs.append(x)
        ys.append(y)
    if not xs:
        return WORLD
    shape = aspect or WORLD.w / WORLD.h
    width = max((max(xs) - min(xs)) * (1 + 2 * margin), min_size)
    height = max((max(ys) - min(ys)) * (1 + 2 * margin), min_size / shape)
    if max(width, height * shape) >= WORLD.w * _NEARLY_ALL:
        return WORLD
    if aspect:
        width, height = max(width, height * aspect), max(height, width / aspect)
    left = _clamp((min(xs) + max(xs) - width) / 2, WORLD.x, WORLD.x + WORLD.w - width)
    top = (min(ys) + max(ys) - height) / 2
    if height < WORLD.h:
        top = _clamp(top, WORLD.y, WORLD.y + WORLD.h - height)
    return Frame(left, top, width, height)


# A frame wider than this share of the world would gain nothing, and be a thin band on a phone.
_NEARLY_ALL = 0.65


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(value, high))


# -- Dots that do not hide each other ---------------------------------------------------------------------------------


def spread(
    points: Sequence[tuple[float, float]], distance: float, keys: Sequence[str] | None = None
) -> list[tuple[float, float]]:
    """Move points apart until no two are closer than `distance`, each as little as possible; return their new places.

    The result does not depend on the order of the points. `keys` (one a point, such as slugs) decides between points at
    the very same place; without it their order does. A point that is in nobody's way stays exactly where it was.
    """
    count = len(points)
    if count < 2 or distance <= 0:
        return [(x, y) for x, y in points]
    order = sorted(range(count), key=lambda i: (points[i], keys[i] if keys else ""))
    home_x = [points[i][0] for i in order]
    home_y = [points[i][1] for i in order]
    xs, ys = home_x[:], home_y[:]
    _part_twins(xs, ys, distance)
    _relax(xs, ys, home_x, home_y, distance)
    _settle(xs, ys, distance)
    placed: list[tuple[float, float]] = [(0.0, 0.0)] * count
    for rank, i in enumerate(order):
        placed[i] = (xs[rank], ys[rank])
    return placed


_GOLDEN_ANGLE = pi * (3 - sqrt(5))


def _part_twins(xs: list[float], ys: list[float], distance: float) -> None:
    """Lay points of one and the same place out like a sunflower's seeds, so that they have a direction to part in."""
    first = 0
    for i in range(1, len(xs) + 1):
        if i < len(xs) and xs[i] == xs[first] and ys[i] == ys[first]:
            continue
        if i - first > 1:
            x, y = xs[first], ys[first]
            for nth in range(i - first):
                radius, angle = distance * 0.55 * sqrt(nth), nth * _GOLDEN_ANGLE
                xs[first + nth] = x + radius * cos(angle)
                ys[first + nth] = y + radius * sin(angle)
        first = i


def _close_pairs(xs: list[float], ys: list[float], reach: float) -> list[tuple[int, int]]:
    """Return the pairs of points closer than `reach`, found through a grid of cells of that size."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        cells[int(x // reach), int(y // reach)].append(i)
    pairs = []
    limit = reach * reach
    for (column, row), members in cells.items():
        others = members[:]
        for beside in ((column + 1, row), (column - 1, row + 1), (column, row + 1), (column + 1, row + 1)):
            if beside in cells:
                others += cells[beside]
        for nth, i in enumerate(members, 1):
            x, y = xs[i], ys[i]
            for j in others[nth:]:
                dx, dy = xs[j] - x, ys[j] - y
                if dx * dx + dy * dy < limit:
                    pairs.append((i, j))
    return pairs


# Enough for the network as it is at the scale of the world; what a denser crowd leaves undone `_settle` finishes.
_ROUNDS = 10
_STEPS = 5


def _relax(xs: list[float], ys: list[float], home_x: list[float], home_y: list[float], distance: float) -> None:
    """Push overlapping points apart, half the overlap each, while a weakening spring draws them home."""
    # A little more than asked for, so that what is left of the overlaps at the end is less than nothing.
    wanted = distance * 1.03
    limit = wanted * wanted
    allowed = distance * distance
    for round_ in range(_ROUNDS):
        pairs = _close_pairs(xs, ys, wanted * 1.35)
        moved = {i for pair in pairs for i in pair}
        pull = 0.12 * (1 - round_ / (_ROUNDS * 0.5))
        for _ in range(_STEPS):
            overlaps = False
            if pull > 0:
                for i in moved:
                    xs[i] += (home_x[i] - xs[i]) * pull
                    ys[i] += (home_y[i] - ys[i]) * pull
            for i, j in pairs:
                dx = xs[j] - xs[i]
                dy = ys[j] - ys[i]
                square = dx * dx + dy * dy
                if square < limit and square:
                    overlaps = overlaps or square < allowed
                    share = 0.6 * (wanted / sqrt(square) - 1)
                    dx *= share
                    dy *= share
                    xs[i] -= dx
                    ys[i] -= dy
                    xs[j] += dx
                    ys[j] += dy
            if not overlaps:
                break
        if not overlaps and not _close_pairs(xs, ys, distance):
            return


def _settle(xs: list[float], ys: list[float], distance: float) -> None:
    """Give each point that still overlaps the free place nearest to it."""
    pairs = _close_pairs(xs, ys, distance)
    if not pairs:
        return
    waiting = {max(pair) for pair in pairs}
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i in range(len(xs)):
        if i not in waiting:
            cells[int(xs[i] // distance), int(ys[i] // distance)].append(i)

    def is_free(x: float, y: float) -> bool:
        column, row = int(x // distance), int(y // distance)
        return not any(
            hypot(xs[j] - x, ys[j] - y) < distance
            for dc in (-1, 0, 1)
            for dr in (-1, 0, 1)
            for j in cells.get((column + dc, row + dr), ())
        )

    # Places once found taken stay taken, so both memories only grow and dense crowds cost little more than thin ones.
    taken: set[tuple[int, int]] = set()
    full: dict[tuple[int, int], int] = {}

    def nearest_site(x: float, y: float) -> tuple[float, float]:
        """Return the nearest free place on a honeycomb of that distance, searched in widening rings."""
        row_height = distance * _M * 1.0001
        row = round(y / row_height)
        column = round(x / distance - row / 2)
        ring = max(full.get((column + dc, row + dr), 0) - 1 for dc, dr in _AROUND)
        ring = max(ring, full.get((column, row), 0), 0)
        while True:
            best = None
            for dc, dr in _ring(ring):
                site = (column + dc, row + dr)
                if site in taken:
                    continue
                there = ((site[0] + site[1] / 2) * distance * 1.0001, site[1] * row_height)
                if not is_free(*there):
                    taken.add(site)
                    continue
                away = hypot(there[0] - x, there[1] - y)
                if best is None or away < best[0]:
                    best = (away, there)
            full[column, row] = ring
            if best:
                return best[1]
            ring += 1

    for i in sorted(waiting):
        x, y = xs[i], ys[i]
        for step in range(1, _NEAR_TRIES):
            if is_free(x, y):
                break
            radius, angle = distance * 0.15 * sqrt(step), step * _GOLDEN_ANGLE
            x, y = xs[i] + radius * cos(angle), ys[i] + radius * sin(angle)
        else:
            x, y = nearest_site(xs[i], ys[i])
        xs[i], ys[i] = x, y
        cells[int(x // distance), int(y // distance)].append(i)


_NEAR_TRIES = 24
_AROUND = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))


def _ring(radius: int) -> Iterable[tuple[int, int]]:
    """Yield the steps to the sites of a honeycomb that are `radius` steps away."""
    if radius == 0:
        yield 0, 0
    column, row = 0, -radius
    for dc, dr in _AROUND:
        for _ in range(radius):
            yield column, row
            column, row = column + dc, row + dr


# -- What a template draws --------------------------------------------------------------------------------------------


def _short(value: float) -> str:
    """Write map units to a hundredth (a few hundred metres to a few kilometres), always with a decimal point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Place:
    """A place to be drawn: where it is in degrees, what it is called in the reader's language, where it leads.

    `label` is the whole name for those who cannot see the colour ("Lyon, France, Literature"); `name` the short one
    that is written beside the point when it is the one the map is about.
    """

    longitude: float
    latitude: float
    label: str
    url: str
    field: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A dot on the map: where it is drawn, where the place truly is (both in map units), and what it stands for."""

    x: float
    y: float
    true_x: float
    true_y: float
    label: str
    url: str
    field: str
    name: str = ""
    is_here: bool = False
    has_room: bool = False

    @property
    def at(self) -> str:
        return f"{_short(self.x)} {_short(self.y)}"

    @property
    def truly_at(self) -> str:
        return f"{_short(self.true_x)} {_short(self.true_y)}"

    @property
    def is_moved(self) -> bool:
        return self.at != self.truly_at


@dataclass(frozen=True, slots=True)
class Arc:
    """A line between two of a map's points, given by their places in its list, and what it says in words."""

    path: str
    start: int
    end: int
    label: str
    is_strong: bool

    @property
    def ends(self) -> str:
        return f"{self.start} {self.end}"


_BOW = 0.18
_BOW_AT_MOST = 55.0


def bow(a: tuple[float, float], b: tuple[float, float]) -> str:
    """Return an SVG path from one point to another that is bent upwards, so that it seldom runs through a third.

    The same from either end. A long one is bent less, to stay on the map (`map.js` draws by the same rule).
    """
    (ax, ay), (bx, by) = sorted((a, b))
    dx, dy = bx - ax, by - ay
    bend = min(_BOW, _BOW_AT_MOST / (hypot(dx, dy) or 1))
    x, y = (ax + bx) / 2 + dy * bend, (ay + by) / 2 - dx * bend
    return f"M{_short(ax)} {_short(ay)}Q{_short(x)} {_short(y)} {_short(bx)} {_short(by)}"


@dataclass(frozen=True, slots=True)
class WorldMap:
    """All that templates/includes/_map.html needs.

    `unit` is the width of a pixel in map units at the size the dots were spread for; `id` must be unique in the page.
    `arcs` join points; `quiet` are places that are only hinted at.
    """

    frame: Frame
    points: Sequence[MapPoint] = field(default_factory=tuple)
    unit: float = 1.0
    id: str = "map"
    matrix: Matrix | None = None
    arcs: Sequence[Arc] = field(default_factory=tuple)
    quiet: Sequence[tuple[float, float]] = field(default_factory=tuple)

    @property
    def arc_opacity(self) -> str:
        """Return how strongly arcs are drawn: the more there are, the fainter each."""
        return f"{max(0.22, 0.85 - 0.0035 * len(self.arcs)):.2f}".rstrip("0")

    @property
    def quiet_path(self) -> str:
        """Return one path with a dot a place: lines without length and with round ends."""
        return "".join(f"M{_short(x)} {_short(y)}h0" for x, y in self.quiet)

    @property
    def view_box(self) -> str:
        return str(self.frame)

    @property
    def unit_text(self) -> str:
        return f"{self.unit:.4g}"

    @property
    def is_world(self) -> bool:
        return self.frame == WORLD

    @property
    def is_close(self) -> bool:
        """Whether the frame is so close that the coarse outlines of the world map would show their corners."""
        return self.unit < _CLOSE

    @property
    def fit(self) -> str:
        """Return how the frame fills a box of another shape: the world is cut at its sides, a chosen frame never is."""
        return "slice" if self.is_world else "meet"

    @property
    def here(self) -> MapPoint | None:
        return next((point for point in self.points if point.is_here), None)

    @property
    def label_at(self) -> str:
        """Return the transform that lets the name beside the point be laid out in pixels."""
        here = self.here
        return f"translate({here.at}) scale({self.unit:.4g})" if here else ""

    @property
    def label_anchor(self) -> str:
        """Return which end of the name touches the point: the side with the fewest dots that it would hide."""
        here = self.here
        if here is None:
            return "start"
        length = (_LABEL_SHIFT_PX + _LETTER_PX * len(here.name)) * self.unit
        tall = _LETTER_PX * 1.5 * self.unit

        def hidden(side: int) -> tuple[bool, int]:
            runs_out = not self.frame.x <= here.x + side * length <= self.frame.x + self.frame.w
            covered = [p for p in self.points if 0 < (p.x - here.x) * side < length and abs(p.y - here.y) < tall]
            return runs_out, len(covered)

        return "end" if hidden(-1) < hidden(1) else "start"


_CLOSE = 0.35
# The name beside a point, as templates/includes/_map.html sets it: its distance and the usual width of a letter.
_LABEL_SHIFT_PX, _LETTER_PX = 14.0, 8.5
_DOT_PX = 7.5
_TARGET_PX = 24.0


def draw(
    places: Sequence[Place],
    *,
    frame: Frame | None = None,
    aspect: float | None = None,
    min_size: float = 90.0,
    width: int | None = None,
    dot: float = _DOT_PX,
    here: Place | None = None,
    id: str = "map",
) -> WorldMap:
    """Lay places out on a map.

    Without a `frame` it is the smallest that shows them all, no closer than `min_size` units from side to side, or the
    whole world when they are all over it. `width` is how wide the map is drawn at most, in CSS pixels, `aspect` its
    shape there (1200 and the world's; 480 and 4:3 for a map about one place, as in map.css), and `dot` the room a dot
    takes, its paper ring included; dots keep that size in any frame, so a closer frame moves them less.

    `here` is the one place the map is about: it stands in the middle of a frame `min_size` wide, upright, drawn last
    and with its name; the other places are its surroundings. Only places in or near the frame are drawn.
    """
    projected = [(place, project(place.longitude, place.latitude)) for place in places if place is not here]
    width = width or (480 if here else 1200)
    aspect = aspect or (4 / 3 if here else WORLD.w / WORLD.h)
    matrix = None
    centre = (0.0, 0.0)
    if here:
        matrix = upright(here.longitude, here.latitude)
        centre = project(here.longitude, here.latitude)
        projected = [(place, matrix.apply(at)) for place, at in projected]
        height = min_size / aspect
        frame = frame or Frame(centre[0] - min_size / 2, centre[1] - height / 2, min_size, height)
    if frame is None:
        frame = view_box([at for _, at in projected], min_size=min_size)
    unit = max(frame.w, frame.h * aspect) / width
    # A box of another shape shows more than the frame: what lies that far beside it is drawn too.
    near = [(place, at) for place, at in projected if frame == WORLD or _is_near(at, frame)]
    spread_to = spread([at for _, at in near], dot * unit, [place.url for place, _ in near])
    if here:
        spread_to = [_kept_off(at, centre, dot * unit * 1.6) for at in spread_to]
    crowded = {i for pair in _close_pairs(*_columns(spread_to), _TARGET_PX * unit) for i in pair}
    points = [
        MapPoint(x, y, *at, place.label, place.url, place.field, place.name, has_room=nth not in crowded)
        for nth, ((place, at), (x, y)) in enumerate(zip(near, spread_to, strict=True))
    ]
    if here:
        points.append(MapPoint(*centre, *centre, here.label, here.url, here.field, here.name, True, True))
    return WorldMap(frame, tuple(points), unit, id, matrix)


def _is_near(at: tuple[float, float], frame: Frame) -> bool:
    reach = max(frame.w, frame.h * 1.5)
    return abs(at[0] - frame.x - frame.w / 2) <= reach and abs(at[1] - frame.y - frame.h / 2) <= reach


def _kept_off(at: tuple[float, float], centre: tuple[float, float], distance: float) -> tuple[float, float]:
    """Move a dot out from under the larger one that the map is about."""
    dx, dy = at[0] - centre[0], at[1] - centre[1]
    away = hypot(dx, dy)
    if away >= distance:
        return at
    if not away:
        return centre[0] + distance, centre[1]
    return centre[0] + dx / away * distance, centre[1] + dy / away * distance


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]
