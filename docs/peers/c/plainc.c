// Plain C with constant shapes, as a compiler likes it:
//   plainc-dot   weights [out][in], one dot product per output
//   plainc-axpy  weights [in][out], four rows of weights at a time
//   plainc       training, weights [out][in], updated in place
// The functions below are inlined into callers that give the shapes as constants.
#include "harness.h"
#include "workloads.h"
#include "activations.h"

#define A64 __attribute__((aligned(64)))
#define BLOCK static inline __attribute__((always_inline)) void

BLOCK layer_dot(int batch, int in, int out, int kind, const float *restrict w, const float *restrict b, const float *restrict x, float *restrict y) {
	for (int s = 0; s < batch; s++, x += in, y += out) {
		for (int o = 0; o < out; o++) {
			const float *restrict row = w + o * in;
			float sum = b[o];
			for (int i = 0; i < in; i++) sum += row[i] * x[i];
			y[o] = sum;
		}
		activate(kind, y, 1, out);
	}
}

BLOCK layer_axpy(int batch, int in, int out, int kind, const float *restrict w, const float *restrict b, const float *restrict x, float *restrict y) {
	for (int s = 0; s < batch; s++, x += in, y += out) {
		for (int o = 0; o < out; o++) y[o] = b[o];
		for (int i = 0; i < in / 4 * 4; i += 4) {
			const float *restrict r = w + i * out;
			float x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
			for (int o = 0; o < out; o++) y[o] += x0 * r[o] + x1 * r[o + out] + x2 * r[o + 2 * out] + x3 * r[o + 3 * out];
		}
		for (int i = in / 4 * 4; i < in; i++)
			for (int o = 0; o < out; o++) y[o] += x[i] * w[i * out + o];
		activate(kind, y, 1, out);
	}
}

// input_gradient is dx = dy·w, times the derivative of the layer below.
BLOCK input_gradient(int batch, int in, int out, int kind, const float *restrict w, const float *restrict dy, const float *restrict x, float *restrict dx) {
	for (int s = 0; s < batch; s++, dy += out, dx += in, x += in) {
		for (int i = 0; i < in; i++) dx[i] = 0;
		for (int o = 0; o < out / 4 * 4; o += 4) {
			const float *restrict r = w + o * in;
			float d0 = dy[o], d1 = dy[o + 1], d2 = dy[o + 2], d3 = dy[o + 3];
			for (int i = 0; i < in; i++) dx[i] += d0 * r[i] + d1 * r[i + in] + d2 * r[i + 2 * in] + d3 * r[i + 3 * in];
		}
		for (int o = out / 4 * 4; o < out; o++)
			for (int i = 0; i < in; i++) dx[i] += dy[o] * w[o * in + i];
		activation_gradient(kind, x, dx, in);
	}
}

// update is w −= rate·dyᵀ·x and b −= rate·Σ dy, four samples at a time.
BLOCK update(int batch, int in, int out, float *restrict w, float *restrict b, const float *restrict dy, const float *restrict x) {
	for (int o = 0; o < out; o++) {
		float *restrict r = w + o * in;
		float sum = 0;
		if (batch == 1) {
			sum = LEARNING_RATE * dy[o];
			for (int i = 0; i < in; i++) r[i] -= sum * x[i];
		} else {
			for (int s = 0; s < batch; s += 4) {
				const float *restrict xs = x + s * in, *restrict d = dy + s * out + o;
				float d0 = LEARNING_RATE * d[0], d1 = LEARNING_RATE * d[out], d2 = LEARNING_RATE * d[2 * out], d3 = LEARNING_RATE * d[3 * out];
				sum += d0 + d1 + d2 + d3;
				for (int i = 0; i < in; i++) r[i] -= d0 * xs[i] + d1 * xs[i + in] + d2 * xs[i + 2 * in] + d3 * xs[i + 3 * in];
			}
		}
		b[o] -= sum;
	}
}

#include "plainc_net.h"

int main(void) {
	measure_all();
	return 0;
}
