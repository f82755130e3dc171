package conclave.failover;

/**
 * One way to make sure that the old active does nothing any more.
 *
 * @param name what it is called in the configuration
 */
record FencingMethod(String name, Call call) {}
