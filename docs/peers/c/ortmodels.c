// ONNX Runtime through its C API, one thread, with bound tensors, on models of
// any shapes at batch 1. Its arguments are names and files of models in turn.
#include <stdint.h>
#include "harness.h"
#include "onnxruntime_c_api.h"

enum { MOST = 16 };
static const OrtApi *api;
static OrtAllocator *allocator;
static OrtMemoryInfo *memory;

static void check(OrtStatus *status) {
	if (!status) return;
	fprintf(stderr, "%s\n", api->GetErrorMessage(status));
	exit(1);
}

typedef struct {
	OrtSession *session;
	size_t inputs, outputs;
	const char *input[MOST], *output[MOST];
	OrtValue *x[MOST], *y[MOST];
} model;

// tensor has the shape of an input or output; dimensions that are free are 1.
static OrtValue *tensor(OrtTypeInfo *type) {
	const OrtTensorTypeAndShapeInfo *info;
	int64_t shape[8], n = 1;
	size_t axes;
	check(api->CastTypeInfoToTensorInfo(type, &info));
	check(api->GetDimensionsCount(info, &axes));
	check(api->GetDimensions(info, shape, axes));
	for (size_t d = 0; d < axes; d++) {
		if (shape[d] < 1) shape[d] = 1;
		n *= shape[d];
	}
	OrtValue *v;
	check(api->CreateTensorWithDataAsOrtValue(memory, numbers(n, 1), n * sizeof(float), shape, axes, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &v));
	return v;
}

static void infer(void *arg) {
	model *m = arg;
	check(api->Run(m->session, NULL, m->input, (const OrtValue *const *)m->x, m->inputs, m->output, m->outputs, m->y));
}

static void load(OrtEnv *env, OrtSessionOptions *options, const char *path, model *m) {
	check(api->CreateSession(env, path, options, &m->session));
	check(api->SessionGetInputCount(m->session, &m->inputs));
	check(api->SessionGetOutputCount(m->session, &m->outputs));
	if (m->inputs > MOST || m->outputs > MOST) exit(1);
	for (size_t i = 0; i < m->inputs; i++) {
		OrtTypeInfo *type;
		check(api->SessionGetInputName(m->session, i, allocator, (char **)&m->input[i]));
		check(api->SessionGetInputTypeInfo(m->session, i, &type));
		m->x[i] = tensor(type);
	}
	for (size_t i = 0; i < m->outputs; i++) {
		OrtTypeInfo *type;
		check(api->SessionGetOutputName(m->session, i, allocator, (char **)&m->output[i]));
		check(api->SessionGetOutputTypeInfo(m->session, i, &type));
		m->y[i] = tensor(type);
	}
}

int main(int argc, char **argv) {
	OrtEnv *env;
	OrtSessionOptions *options;
	api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
	if (!api) {
		fprintf(stderr, "the library is older than the header\n");
		return 1;
	}
	check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "peers", &env));
	check(api->CreateSessionOptions(&options));
	check(api->SetIntraOpNumThreads(options, 1));
	check(api->SetInterOpNumThreads(options, 1));
	check(api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
	check(api->SetSessionExecutionMode(options, ORT_SEQUENTIAL));
	check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
	check(api->GetAllocatorWithDefaultOptions(&allocator));
	for (int i = 1; i + 1 < argc; i += 2) {
		model m;
		load(env, options, argv[i + 1], &m);
		measure("ort", argv[i], "infer", 1, infer, &m);
		api->ReleaseSession(m.session);
	}
	return 0;
}
