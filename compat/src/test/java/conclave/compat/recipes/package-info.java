/**
 * Recipes under faults, with several processes, against either kind of server; and the same recipes
 * beside Curator's.
 *
 * <p>A test extends {@link conclave.compat.recipes.FaultTest}, which gives it a server that it
 * shares with other classes, a path of its own, and what it breaks: {@link
 * conclave.compat.recipes.ActorProcess} is a process of its own that runs a small {@code main} and
 * can be killed and stopped, {@link conclave.compat.recipes.FrameRelay} is a network that loses a
 * chosen request or its answer, {@link conclave.compat.recipes.Resource} is what a recipe protects:
 * it judges fencing tokens, and who was inside beside whom.
 *
 * <p>"In the middle of each step" is {@link conclave.compat.recipes.FaultTest#atEachStep}: the same
 * story again and again, the connection cut at its first request, its second, and so on, until the
 * story ends without having come that far.
 */
@org.jspecify.annotations.NullMarked
package conclave.compat.recipes;
