package conclave.server.config;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** The names of the four-letter words. */
public final class Words {

  /** All that a whitelist of {@code *} enables. */
  public static final SortedSet<String> ALL =
      Collections.unmodifiableSortedSet(
          new TreeSet<>(
              List.of(
                  "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr",
                  "ruok", "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs")));

  private Words() {}
}
