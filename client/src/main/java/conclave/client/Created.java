package conclave.client;

import conclave.protocol.Stat;

/**
 * A znode that has just been made.
 *
 * @param path its path, with the number that a sequential mode appends
 */
public record Created(String path, Stat stat) {}
