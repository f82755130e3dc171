package conclave.client;

import java.util.concurrent.CompletableFuture;

/**
 * What was read, with a watch on it that fires once.
 *
 * @param value what there was
 * @param event completes with the first change after that, before any reply that shows the change.
 *     Survives reconnects: a change that was missed meanwhile fires it then. Fails with a {@link
 *     SessionEndedException} when the session ends first. Cancelling it removes the watch.
 */
public record Watched<T>(T value, CompletableFuture<WatchEvent> event) {}
