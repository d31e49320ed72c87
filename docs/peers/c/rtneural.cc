// RTNeural's compiled templates, one sample a call: 1 → a cell of 20 → 1.
#include <memory>
#include <RTNeural/RTNeural.h>
#include "harness.h"

enum { UNITS = 20, SAMPLES = 64 };

static std::vector<std::vector<float>> matrix(int rows, int cols) {
	std::vector<std::vector<float>> m(rows, std::vector<float>(cols));
	for (auto &row : m) fill(row.data(), cols, 0.3);
	return m;
}

// net is a model and the samples that it is given in turn.
template <class Model> struct net {
	Model model;
	float x[SAMPLES], y = 0;
	int at = 0;
	static void step(void *arg) {
		net *n = (net *)arg;
		n->y += n->model.forward(n->x + n->at++ % SAMPLES);
	}
};

template <class Model, class Bias> static void run(const char *workload, int gates, Bias bias) {
	auto n = std::make_unique<net<Model>>();
	auto &cell = n->model.template get<0>();
	auto &dense = n->model.template get<1>();
	cell.setWVals(matrix(1, gates * UNITS));
	cell.setUVals(matrix(UNITS, gates * UNITS));
	cell.setBVals(bias);
	dense.setWeights(matrix(1, UNITS));
	float zero = 0;
	dense.setBias(&zero);
	fill(n->x, SAMPLES, 1);
	n->model.reset();
	measure(PEER, workload, "infer", 1, net<Model>::step, n.get());
	if (!(n->y * n->y > 0)) exit(1); // the model computed nothing
}

int main() {
	using namespace RTNeural;
	std::vector<float> zeros(4 * UNITS);
	run<ModelT<float, 1, 1, LSTMLayerT<float, 1, UNITS>, DenseT<float, UNITS, 1>>>("lstm20", 4, zeros);
	run<ModelT<float, 1, 1, GRULayerT<float, 1, UNITS>, DenseT<float, UNITS, 1>>>("gru20", 3, matrix(2, 3 * UNITS));
}
