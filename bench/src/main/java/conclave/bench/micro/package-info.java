/**
 * JMH benchmarks of the inner loops: codec, tree, watch table. {@code conclave bench micro} runs
 * them and shows the bytes that each operation allocates.
 */
@NullMarked
package conclave.bench.micro;

import org.jspecify.annotations.NullMarked;
