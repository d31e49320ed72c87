// Package run trains, evaluates and runs networks with their generated code:
// it has the package of a network generated (standard library only), compiles
// it with a small runner by the user's Go toolchain, without network, into a
// cache, and talks to the program through files of samples and lines of JSON.
// There is no second implementation of a network here.
package run
