package conclave.server.auth;

import conclave.server.config.ServerConfig.Store;
import conclave.server.config.ServerConfig.Tls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TLS context that is made anew when the files behind it have changed, where that is configured.
 * Files that can't be loaded any more leave the former context in use.
 */
final class ReloadedContext {
  private static final Logger LOG = LoggerFactory.getLogger(ReloadedContext.class);
  private static final long LOOK_AT_FILES_EVERY_MS = 1000;

  /** Makes a context of what is in the files now. */
  interface Maker {
    SslContext make() throws TlsException;
  }

  /** A context together with the state of the files that it was made from. */
  private record Loaded(SslContext context, List<FileTime> changes, long lookedAtMs) {}

  private final Tls tls;
  private final Maker maker;
  private final LongSupplier nowMs;
  private volatile Loaded loaded;

  ReloadedContext(Tls tls, Maker maker, LongSupplier nowMs) throws TlsException {
    this.tls = tls;
    this.maker = maker;
    this.nowMs = nowMs;
    this.loaded = new Loaded(maker.make(), changes(), nowMs.getAsLong());
  }

  SslContext get() {
    Loaded current = loaded;
    long now = nowMs.getAsLong();
    if (tls.certReload() && now - current.lookedAtMs() >= LOOK_AT_FILES_EVERY_MS) {
      current = reload(current, now);
      loaded = current;
    }
    return current.context();
  }

  private Loaded reload(Loaded current, long now) {
    List<FileTime> changes = changes();
    if (changes.equals(current.changes())) {
      return new Loaded(current.context(), changes, now);
    }
    try {
      SslContext context = maker.make();
      LOG.info("The TLS stores have changed and were loaded again");
      return new Loaded(context, changes, now);
    } catch (TlsException e) {
      LOG.warn(
          "The TLS stores have changed and cannot be used, the former ones stay: {}",
          e.getMessage());
      return new Loaded(current.context(), changes, now);
    }
  }

  private List<FileTime> changes() {
    List<FileTime> changes = new ArrayList<>();
    for (Store store : List.of(tls.keyStore(), tls.trustStore())) {
      changes.add(change(store.location()));
    }
    return changes;
  }

  private static FileTime change(@Nullable Path file) {
    try {
      return file == null ? FileTime.fromMillis(0) : Files.getLastModifiedTime(file);
    } catch (IOException e) {
      // Being replaced just now, or gone: both are a change, and loading tells which.
      return FileTime.fromMillis(-1);
    }
  }
}
