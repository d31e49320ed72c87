package main

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestScore runs the program on the sound whose score MLPerf Tiny publishes
// (tflite_anomaly_score_ToyCar_id_01.csv).
func TestScore(t *testing.T) {
	const models = "../../golden/models/"
	out, err := exec.Command("go", "run", ".", models+"anomaly.safetensors", models+"normal_id_01_00000000_hist_librosa.bin").CombinedOutput()
	require.NoError(t, err, string(out))
	score, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	require.NoError(t, err)
	require.InDelta(t, 9.70710781, score, 1e-4)
}
