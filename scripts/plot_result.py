"""What of a result file is drawn, as arrays and strings: the ground (a map or a section in
colour), the field of one source, rays, sources and receivers."""

import h5py
import numpy as np

AXES = {"geographic": ("lon", "lat"), "polar": ("angle", "radius"), "cartesian": ("x", "z")}
MOST_NODES = 1500  # a side; finer fields are thinned for drawing
NEEDED = {"speed", "source_id", "source_status"}


class Result:
    """An open result file. Lengths are in km, or in metres where the model is smaller than a
    kilometre: `scale` is what kilometres are multiplied by."""

    def __init__(self, path):
        self.path = path
        self.file = file = h5py.File(path, "r")
        self.geometry = next((g for g, (x, z) in AXES.items() if x in file and z in file), None)
        if self.geometry is None or not NEEDED <= set(file):
            raise SystemExit(f"{path}: not a result file of fermat")
        self.x_name, self.z_name = AXES[self.geometry]
        x, z = file[self.x_name], file[self.z_name]
        self.thin = (slice(None, None, -(-z.shape[0] // MOST_NODES)),
                     slice(None, None, -(-x.shape[0] // MOST_NODES)))
        span = max(abs(x[-1] - x[0]), abs(z[-1] - z[0]))
        metres = self.geometry == "cartesian" and span < 1
        self.scale, self.length = (1000, "m") if metres else (1, "km")
        self.x, self.z = x[self.thin[1]] * self.scale, z[self.thin[0]] * self.scale
        self.extent = tuple(self.scale * v for v in (x[0], x[-1], z[0], z[-1]))
        self.sources, self.receivers = Points(self, "source"), Points(self, "receiver")
        self.done = file["source_status"][:] == 1

    def has(self, *names):
        return set(names) <= set(self.file)

    def first_done(self):
        """A source that has been marched; else the first one."""
        return int(np.argmax(self.done))

    def on_nodes(self, name):
        """A variable on the nodes of the propagation grid."""
        return np.asarray(self.file[name][self.thin], float)

    def speed(self):
        """NaN where it is masked."""
        speed = self.on_nodes("speed") * self.scale
        return np.where(speed > 0, speed, np.nan)

    def time(self, source):
        """The field of a source, s."""
        return np.asarray(self.file["traveltime"][(source, *self.thin)], float)

    def placed(self, name, kind):
        """A map with coordinates of its own: (x, z, values)."""
        x, z = (self.file[f"{kind}_{axis}"][:] * self.scale for axis in (self.x_name, self.z_name))
        return x, z, np.asarray(self.file[name][:], float)

    def rays(self, source, most):
        """Rays as arrays [2][points], receiver first: those of one source (None: of all), not
        more than `most`, drawn by lot, always the same; and how many there were to draw from."""
        size = self.file["ray_size"][:]
        begin = np.concatenate([[0], np.cumsum(size)])
        wanted = size > 1
        if source is not None:
            wanted &= self.file["arrival_source"][:] == source
        pairs = np.flatnonzero(wanted)
        chosen = np.sort(np.random.default_rng(1).permutation(pairs)[:most])
        if chosen.size == 0:
            return [], 0  # and no points in the file
        x, z = self.file[f"ray_{self.x_name}"], self.file[f"ray_{self.z_name}"]
        slices = (slice(begin[pair], begin[pair + 1]) for pair in chosen)
        return [np.array([x[part], z[part]]) * self.scale for part in slices], len(pairs)


class Points:
    """Sources or receivers."""

    def __init__(self, result, kind):
        file = result.file
        self.path = result.path
        if f"{kind}_id" not in file:
            self.id, self.x, self.z = [], np.empty(0), np.empty(0)
            return
        self.id = [text(value) for value in file[f"{kind}_id"][:]]
        self.x = file[f"{kind}_{result.x_name}"][:] * result.scale
        self.z = file[f"{kind}_{result.z_name}"][:] * result.scale

    def find(self, wanted):
        """The index of a source given by its id or its number from 1."""
        if wanted in self.id:
            return self.id.index(wanted)
        if wanted.isdigit() and 1 <= int(wanted) <= len(self.id):
            return int(wanted) - 1
        raise SystemExit(f"{self.path}: no source {wanted!r}; there are 1 to {len(self.id)}: "
                         + ", ".join(self.id[:8]) + (", ..." if len(self.id) > 8 else ""))


def text(value):
    """An id, from a string or from a row of characters."""
    if isinstance(value, np.ndarray):
        value = b"".join(value.tolist())
    return (value.decode() if isinstance(value, bytes) else str(value)).rstrip("\0 ")
