package conclave.server;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.Paths;
import conclave.server.admin.Counter;
import conclave.server.admin.Recorder;
import conclave.server.admin.ServerMetrics;
import conclave.server.auth.Identities;
import conclave.server.http.AdminSnapshot;
import conclave.server.http.Permission;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.SharedTree;
import conclave.state.AclRules;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Snapshots for operators who ask for them at the AdminServer. */
final class SnapshotsOnDemand implements AdminSnapshot.Source {
  private final ReplicaThread replica;
  private final SharedTree tree;
  private final Identities identities;
  private final Recorder recorder;

  SnapshotsOnDemand(
      ReplicaThread replica, SharedTree tree, Identities identities, ServerMetrics metrics) {
    this.replica = replica;
    this.tree = tree;
    this.identities = identities;
    this.recorder = metrics.newRecorder();
  }

  @Override
  public CompletableFuture<Path> take() {
    return replica.takeSnapshot();
  }

  @Override
  public long zxidOf(Path snapshot) {
    return ServerStatus.zxidOf(String.valueOf(snapshot.getFileName()));
  }

  @Override
  public Permission permission(String scheme, byte[] proof) {
    List<Id> ids = identities.authenticate(scheme, proof, List.of());
    if (ids == null || ids.isEmpty()) {
      return Permission.UNKNOWN;
    }
    List<Acl> acl = tree.look(state -> state.acl(Paths.ROOT));
    // As in Apache, any permission on the root will do.
    return acl == null || AclRules.permits(acl, Acl.ALL, ids, identities.schemes())
        ? Permission.PERMITTED
        : Permission.FORBIDDEN;
  }

  @Override
  public void failed(boolean tooOften) {
    recorder.count(tooOften ? Counter.SNAPSHOT_RATE_LIMITED_COUNT : Counter.SNAPSHOT_ERROR_COUNT);
  }
}
