package model
import ("testing";"time";"fmt"
"github.com/stretchr/testify/require"
"github.com/nngen-go/nngen/gen/gentest")
func TestTmpBuild(t *testing.T){
 var nets []*gentest.Network
 var cs []*backendCase
 for _,c:=range backendCases(t){ if c.refused==""{ n,err:=gentest.Prepare(c.model.Net); require.NoError(t,err); nets=append(nets,n); cs=append(cs,c)}}
 t0:=time.Now()
 p,err:=gentest.Build(t.TempDir(),nets)
 require.NoError(t,err)
 fmt.Println("build",time.Since(t0))
 for _,path:=range gentest.Paths{
 var jobs []*gentest.Job
 for _,c:=range cs{ jobs=append(jobs,&gentest.Job{Weights:c.model.Weights,Inputs:c.reference.Inputs})}
 rs,err:=p.On(path).Run(jobs)
 require.NoError(t,err)
 for i,r:=range rs{ cs[i].compare(r.Path,r.Outputs); if cs[i].failed==""{cs[i].compare(r.Path+" batched",r.Batched)}; if cs[i].failed!=""{fmt.Println(cs[i].name,cs[i].failed)}}
 }
}
