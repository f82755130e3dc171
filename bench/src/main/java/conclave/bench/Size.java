package conclave.bench;

/** How many servers of a kind are measured together. */
enum Size {
  ONE,
  THREE
}
