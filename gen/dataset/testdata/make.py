"""Writes the arrays of this folder that NumPy wrote: python3 make.py (NumPy 1.24.2)."""
import gzip
import numpy as np

a = np.arange(12).reshape(3, 4)
np.save("c_f4.npy", a.astype("<f4") / 2)
np.save("fortran_f8.npy", np.asfortranarray(a.reshape(3, 2, 2).astype("<f8") / 2))
np.save("half.npy", np.array([0, -0.0, 1 / 3, -65504, 2**-14, 2**-24], "<f2"))
np.save("big_i2.npy", (a - 6).astype(">i2"))
np.save("bool.npy", a % 2 == 0)
np.save("u8.npy", a.astype("<u8"))
np.save("text.npy", np.array(["a", "b"]))
np.save("fields.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save("complex.npy", np.zeros(2, dtype="c8"))
np.save("scalar.npy", np.float32(2.5))
for v in (1, 2, 3):
    with open(f"version{v}.npy", "wb") as f:
        np.lib.format.write_array(f, a.astype("<i4"), version=(v, 0))
np.savez("two.npz", x=a.astype("<f4"), y=np.array([0, 1, 2]))
np.savez_compressed("packed.npz", x=a.astype("<f4"))
with gzip.GzipFile("c_f4.npy.gz", "wb", mtime=0) as f:
    np.save(f, a.astype("<f4") / 2)
