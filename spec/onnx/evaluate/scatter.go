package evaluate

// scatterND writes the updates over the data: update [i₁, …] goes where row
// [i₁, …] of the indices says, later ones over earlier.
func scatterND(c *call) []*Tensor {
	data, at, updates := c.x(0), c.x(1), c.x(2)
	y := c.tensor(data.Shape, 0)
	copy(y.Data, data.Data)
	y.Integer = data.Integer
	depth := at.Shape[len(at.Shape)-1]
	size, index := Size(data.Shape[depth:]), whole(at.Data)
	for n := range Size(at.Shape[:len(at.Shape)-1]) {
		place := 0
		for k := range depth {
			i := index[n*depth+k]
			if i < 0 {
				i += data.Shape[k]
			}
			place = place*data.Shape[k] + i
		}
		for e := range size {
			old, v := y.Data[place*size+e], updates.Data[n*size+e]
			switch how := c.text("reduction", "none"); how {
			case "none":
				old = v
			case "add":
				old += v
			case "mul":
				old *= v
			case "max":
				old = max(old, v)
			case "min":
				old = min(old, v)
			default:
				c.fail("there is no reduction %s", how)
			}
			y.Data[place*size+e] = old
		}
	}
	return one(y)
}
