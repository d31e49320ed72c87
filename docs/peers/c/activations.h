// Activations and losses, written so that gcc -O3 -march=… -ffast-math makes
// vector code of them (exp is libmvec's).
#include <math.h>

static const float LEARNING_RATE = .01f;

// activate applies an activation to b rows of n numbers.
static inline void activate(int kind, float *restrict y, int b, int n) {
	long all = (long)b * n;
	switch (kind) {
	case RELU:
		for (long i = 0; i < all; i++) y[i] = y[i] > 0 ? y[i] : 0;
		break;
	case TANH:
		for (long i = 0; i < all; i++) y[i] = 1 - 2 / (expf(2 * y[i]) + 1);
		break;
	case SIGMOID:
		for (long i = 0; i < all; i++) y[i] = 1 / (1 + expf(-y[i]));
		break;
	case SOFTMAX:
		for (int s = 0; s < b; s++) {
			float *row = y + (long)s * n, most = row[0], sum = 0;
			for (int i = 1; i < n; i++) most = row[i] > most ? row[i] : most;
			for (int i = 0; i < n; i++) sum += row[i] = expf(row[i] - most);
			for (int i = 0; i < n; i++) row[i] /= sum;
		}
	}
}

// activation_gradient multiplies d by the derivative, from the outputs y.
static inline void activation_gradient(int kind, const float *restrict y, float *restrict d, long n) {
	switch (kind) {
	case RELU:
		for (long i = 0; i < n; i++) d[i] = y[i] > 0 ? d[i] : 0;
		break;
	case TANH:
		for (long i = 0; i < n; i++) d[i] *= 1 - y[i] * y[i];
		break;
	case SIGMOID:
		for (long i = 0; i < n; i++) d[i] *= y[i] * (1 - y[i]);
	}
}

static float last_loss; // a result, so that the compiler keeps what it takes

// output_gradient is that of the loss by what the last layer computes: of
// cross-entropy after softmax, of the mean squared error otherwise.
static inline void output_gradient(int kind, const float *y, float *d, const int *label, const float *target, int b, int n) {
	float loss = 0;
	if (kind == SOFTMAX) {
		for (int s = 0; s < b; s++) {
			for (int i = 0; i < n; i++) d[s * n + i] = y[s * n + i] / b;
			d[s * n + label[s]] -= 1.f / b;
			loss -= logf(y[s * n + label[s]] + 1e-30f);
		}
	} else {
		for (int i = 0; i < b * n; i++) {
			float e = y[i] - target[i];
			loss += e * e;
			d[i] = 2 * e / (b * n);
		}
		activation_gradient(kind, y, d, (long)b * n);
	}
	last_loss = loss / b;
}
