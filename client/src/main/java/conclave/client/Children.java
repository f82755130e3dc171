package conclave.client;

import conclave.protocol.Stat;
import java.util.List;

/** The names of a znode's children, in no particular order, with the znode's metadata. */
public record Children(List<String> names, Stat stat) {}
