"""The map's geometry: projection, frames, dots that do not hide each other, distances."""

from math import hypot, isclose, radians, sin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cities import geo

LYON = (4.8351, 45.7640)
PARIS = (2.3522, 48.8566)
DUNEDIN = (170.5036, -45.8742)
OSTERSUND = (14.6357, 63.1792)

ROUNDING = 1e-9


def close(a, b, tolerance=1e-6):
    return all(isclose(x, y, abs_tol=tolerance) for x, y in zip(a, b, strict=True))


# -- Projection ---


def test_the_middle_and_the_edges_of_the_world():
    assert close(geo.project(geo.CENTRAL_MERIDIAN, 0), (500, geo.HEIGHT / 2))
    assert close(geo.project(geo.CENTRAL_MERIDIAN, 90), (500, 0))
    assert close(geo.project(geo.CENTRAL_MERIDIAN, -90), (500, geo.HEIGHT))
    assert close(geo.project_unwrapped(180, 0), (1000, geo.HEIGHT / 2))
    assert close(geo.project_unwrapped(-180, 0), (0, geo.HEIGHT / 2))


def test_the_shape_of_equal_earth():
    # As its authors give it: the ratio of the axes, and the length of the pole's line to the equator's.
    assert isclose(geo.WIDTH / geo.HEIGHT, 2.05458, abs_tol=1e-5)
    west, east = geo.project_unwrapped(-180, 90)[0], geo.project_unwrapped(180, 90)[0]
    assert isclose((east - west) / geo.WIDTH, 0.59247, abs_tol=1e-4)


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_equal_areas_stay_equal(east, latitude):
    step = 0.01
    x0, y0 = geo.project_unwrapped(east, latitude)
    x1, _ = geo.project_unwrapped(east + step, latitude)
    _, y1 = geo.project_unwrapped(east, latitude + step)
    drawn = (x1 - x0) * (y0 - y1)
    real = radians(step) * (sin(radians(latitude + step)) - sin(radians(latitude)))
    unit = 1000 / (2 * 2.7066298)
    assert isclose(drawn / real, unit**2, rel_tol=1e-3)


def test_the_cut_runs_through_the_bering_strait():
    fiji_west, fiji_east = geo.project(179.9, -17), geo.project(-179.9, -17)
    assert hypot(fiji_west[0] - fiji_east[0], fiji_west[1] - fiji_east[1]) < 1
    chukotka, alaska = geo.project(-169.7, 66), geo.project(-168.1, 66)
    assert chukotka[0] > 700
    assert alaska[0] < 300


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_every_position_is_on_the_map(longitude, latitude):
    x, y = geo.project(longitude, latitude)
    assert -ROUNDING <= x <= geo.WIDTH + ROUNDING
    assert -ROUNDING <= y <= geo.HEIGHT + ROUNDING


@pytest.mark.parametrize("place", [LYON, DUNEDIN, OSTERSUND, (-157.86, 21.31), (0, 0)])
def test_upright_puts_north_up_and_keeps_the_place_and_the_areas(place):
    longitude, latitude = place
    matrix = geo.upright(longitude, latitude)
    here = geo.project(longitude, latitude)
    assert close(matrix.apply(here), here)
    north = matrix.apply(geo.project(longitude, latitude + 0.1))
    assert isclose(north[0], here[0], abs_tol=0.01)
    assert north[1] < here[1]
    assert isclose(matrix.a * matrix.d - matrix.b * matrix.c, 1, rel_tol=1e-6)


# -- Distances ---


def test_distance():
    assert isclose(geo.distance_km(PARIS, LYON), 391.5, abs_tol=1)
    assert geo.distance_km(LYON, LYON) == 0
    assert isclose(geo.distance_km((179.5, 0), (-179.5, 0)), 111.2, abs_tol=0.1)
    assert isclose(geo.distance_km((0, 90), (0, -90)), 20015.1, abs_tol=0.1)


# -- Dots ---

coordinates = st.floats(0, 60).map(lambda value: round(value, 1))
crowds = st.lists(st.tuples(coordinates, coordinates), max_size=60)
distances = st.floats(0.1, 12)


def nearest_two(points):
    return min(
        (hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(points) for b in points[:i]),
        default=float("inf"),
    )


@settings(deadline=None)
@given(crowds, distances)
def test_no_dot_hides_another(points, distance):
    assert nearest_two(geo.spread(points, distance)) >= distance - ROUNDING


@settings(deadline=None)
@given(crowds, distances, st.randoms())
def test_the_order_of_the_points_does_not_matter(points, distance, random):
    named = {f"city-{i}": point for i, point in enumerate(points)}
    shuffled = list(named)
    random.shuffle(shuffled)
    one = dict(zip(named, geo.spread(list(named.values()), distance, list(named)), strict=True))
    other = dict(zip(shuffled, geo.spread([named[name] for name in shuffled], distance, shuffled), strict=True))
    assert one == other


def test_what_is_in_nobodys_way_stays():
    alone = [(0.0, 0.0), (50.0, 50.0)]
    assert geo.spread(alone, 5) == alone
    moved = geo.spread([*alone, (50.5, 50.0)], 5)
    assert moved[0] == alone[0]
    assert max(hypot(x - 50.25, y - 50) for x, y in moved[1:]) < 3


def test_many_at_one_place_stay_together():
    placed = geo.spread([(10.0, 10.0)] * 150, 4)
    assert nearest_two(placed) >= 4 - ROUNDING
    # 150 discs of that size fill a circle of radius 26 at best.
    assert max(hypot(x - 10, y - 10) for x, y in placed) < 45


@pytest.mark.parametrize("points", [[], [(3.0, 4.0)]])
def test_nothing_to_spread(points):
    assert geo.spread(points, 5) == points
    assert geo.spread([(1.0, 1.0), (1.0, 1.0)], 0) == [(1.0, 1.0), (1.0, 1.0)]


# -- Frames ---

ASPECT = geo.WORLD.w / geo.WORLD.h


def test_no_points_or_points_everywhere_give_the_world():
    assert geo.view_box([]) == geo.WORLD
    assert geo.view_box([geo.project(-120, 40), geo.project(170, -40)]) == geo.WORLD


def test_the_frame_comes_no_closer_than_its_minimum():
    frame = geo.view_box([geo.project(*LYON)], 1.5, min_size=60)
    assert isclose(frame.w, 60)
    assert isclose(frame.h, 40)
    assert close((frame.x + 30, frame.y + 20), geo.project(*LYON))


def test_the_frame_stays_on_the_map():
    south = geo.view_box([geo.project(*DUNEDIN)], 4 / 3, min_size=200)
    assert south.y + south.h <= geo.WORLD.y + geo.WORLD.h + ROUNDING
    assert south.x + south.w <= geo.WIDTH + ROUNDING


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 430)), min_size=1, max_size=20),
    st.one_of(st.none(), st.floats(0.5, 3)),
)
def test_every_point_is_in_the_frame(points, aspect):
    frame = geo.view_box(points, aspect)
    assert all(frame.x - 1e-6 <= x <= frame.x + frame.w + 1e-6 for x, _ in points)
    assert all(frame.y - 1e-6 <= y <= frame.y + frame.h + 1e-6 for _, y in points)
    if aspect and frame != geo.WORLD:
        assert isclose(frame.w / frame.h, aspect)


# -- What a template draws ---


def place(name, position, field="music"):
    return geo.Place(*position, f"{name}, {field}", f"/{name}/", field, name)


def test_draw_the_world():
    world = geo.draw([place("lyon", LYON), place("dunedin", DUNEDIN), place("quito", (-78.5, -0.2))])
    assert world.is_world
    assert world.fit == "slice"
    assert not world.is_close
    assert world.view_box == "0 -4 1000 444"
    assert [point.url for point in world.points] == ["/lyon/", "/dunedin/", "/quito/"]
    assert all(point.has_room and not point.is_moved for point in world.points)


def test_dots_move_less_in_a_closer_frame():
    near = [place("a", (4.0, 45.0)), place("b", (4.3, 45.0))]
    far_off = geo.draw(near, frame=geo.WORLD)
    close_by = geo.draw(near)
    assert close_by.is_close
    assert close_by.fit == "meet"

    def moved(drawn):
        return max(hypot(p.x - p.true_x, p.y - p.true_y) for p in drawn.points)

    assert moved(close_by) < moved(far_off)
    assert not far_off.points[0].has_room


def test_draw_one_city_in_its_surroundings():
    lyon = place("lyon", LYON, "literature")
    drawn = geo.draw(
        [lyon, place("paris", PARIS), place("beside", LYON), place("dunedin", DUNEDIN)],
        here=lyon,
    )
    here = drawn.here
    assert here is drawn.points[-1]
    assert (here.x, here.y) == geo.project(*LYON)
    assert close((drawn.frame.x + drawn.frame.w / 2, drawn.frame.y + drawn.frame.h / 2), (here.x, here.y))
    assert {point.url for point in drawn.points} == {"/lyon/", "/paris/", "/beside/"}
    assert nearest_two([(point.x, point.y) for point in drawn.points]) > 7 * drawn.unit


def test_the_name_is_written_where_it_hides_least():
    lyon = place("lyon", LYON)
    east = [place("east", (LYON[0] + 1.5, LYON[1]))]
    west = [place("west", (LYON[0] - 1.5, LYON[1]))]
    assert geo.draw([lyon, *east], here=lyon).label_anchor == "end"
    assert geo.draw([lyon, *west], here=lyon).label_anchor == "start"
    assert geo.draw(east).label_anchor == "start"


def test_numbers_for_svg_have_points_and_no_waste():
    point = geo.MapPoint(12.3456, 7.0, 12.0, 7.0, "", "", "film")
    assert point.at == "12.35 7"
    assert point.truly_at == "12 7"
    assert point.is_moved
