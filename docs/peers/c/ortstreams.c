// ONNX Runtime through its C API, one thread, on streams: networks whose state goes back in with
// every call. Its arguments are the name, the file of the model, and for inputs in
// any order NAME=1,576 for the dimensions that are free, NAME=:16000 for an integer, and
// IN>OUT for the input that is the output of the call before.
#include <stdint.h>
#include "harness.h"
#include "onnxruntime_c_api.h"

enum { MOST = 16 };
static const OrtApi *api;
static OrtSession *session;
static size_t inputs, outputs;
static char *input[MOST], *output[MOST];
static OrtValue *x[MOST], *y[MOST];
static int state[MOST]; // the output of an input, or -1

static void check(OrtStatus *status) {
	if (!status) return;
	fprintf(stderr, "%s\n", api->GetErrorMessage(status));
	exit(1);
}

// step is a call; a state that was written is read by the next one.
static void step(void *arg) {
	check(api->Run(session, NULL, (const char *const *)input, (const OrtValue *const *)x, inputs, (const char *const *)output, outputs, y));
	for (size_t i = 0; i < inputs; i++)
		if (state[i] >= 0) {
			OrtValue *v = x[i];
			x[i] = y[state[i]];
			y[state[i]] = v;
		}
}

static const char *option(int argc, char **argv, const char *name, char sign) {
	size_t n = strlen(name);
	for (int i = 3; i < argc; i++)
		if (!strncmp(argv[i], name, n) && argv[i][n] == sign) return argv[i] + n + 1;
	return NULL;
}

// tensor has the dimensions of an input or output, or those that are given.
static OrtValue *tensor(OrtMemoryInfo *memory, OrtTypeInfo *type, const char *given, float scale) {
	const OrtTensorTypeAndShapeInfo *info;
	int64_t shape[8], n = 1;
	size_t axes;
	OrtValue *v;
	check(api->CastTypeInfoToTensorInfo(type, &info));
	check(api->GetDimensionsCount(info, &axes));
	check(api->GetDimensions(info, shape, axes));
	if (given && *given == ':') {
		int64_t *number = malloc(sizeof *number);
		*number = atoll(given + 1);
		check(api->CreateTensorWithDataAsOrtValue(memory, number, sizeof *number, shape, axes, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &v));
		return v;
	}
	for (size_t d = 0; d < axes; d++) {
		if (given) shape[d] = strtoll(given, (char **)&given, 10), given += *given == ',';
		if (shape[d] < 1) shape[d] = 1;
		n *= shape[d];
	}
	check(api->CreateTensorWithDataAsOrtValue(memory, numbers(n, scale), n * sizeof(float), shape, axes, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &v));
	return v;
}

int main(int argc, char **argv) {
	OrtEnv *env;
	OrtSessionOptions *options;
	OrtMemoryInfo *memory;
	OrtAllocator *allocator;
	if (argc < 3) return 2;
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
	check(api->CreateSession(env, argv[2], options, &session));
	check(api->SessionGetInputCount(session, &inputs));
	check(api->SessionGetOutputCount(session, &outputs));
	if (inputs > MOST || outputs > MOST) return 1;
	for (size_t i = 0; i < outputs; i++) check(api->SessionGetOutputName(session, i, allocator, &output[i]));
	for (size_t i = 0; i < inputs; i++) {
		OrtTypeInfo *type;
		check(api->SessionGetInputName(session, i, allocator, &input[i]));
		check(api->SessionGetInputTypeInfo(session, i, &type));
		const char *to = option(argc, argv, input[i], '>'), *given = option(argc, argv, input[i], '=');
		state[i] = -1;
		for (size_t o = 0; to && o < outputs; o++)
			if (!strcmp(output[o], to)) state[i] = o;
		x[i] = tensor(memory, type, given, to ? 0 : 0.5);
		if (state[i] >= 0) y[state[i]] = tensor(memory, type, given, 0);
	}
	for (size_t i = 0; i < outputs; i++) {
		OrtTypeInfo *type;
		check(api->SessionGetOutputTypeInfo(session, i, &type));
		if (!y[i]) y[i] = tensor(memory, type, NULL, 0);
	}
	measure("ort", argv[1], "step", 1, step, NULL);
	return 0;
}
