package conclave.server.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names of the file that mean something to an operator of Apache ZooKeeper, but nothing to this
 * server.
 */
final class KnownNames {

  /**
   * Settings of parts that Apache has and this server has not (selector threads, reply caches, the
   * commit processor, …), or that change only how Apache does what is done here anyway. They are
   * taken and make no difference.
   */
  static final List<String> WITHOUT_EFFECT =
      List.of(
          "maxResponseCacheSize",
          "maxGetChildrenResponseCacheSize",
          "watchManagerName",
          "watcherCleanThreadsNum",
          "watcherCleanThreshold",
          "watcherCleanIntervalInSeconds",
          "maxInProcessingDeadWatchers",
          "bitHashCacheSize",
          "connection_throttle_weight_enabled",
          "connection_throttle_global_session_weight",
          "connection_throttle_local_session_weight",
          "connection_throttle_renew_session_weight",
          "request_throttler.shutdownTimeout",
          "netty.advancedFlowControl.enabled",
          "nio.numWorkerThreads",
          "nio.directBufferBytes",
          "nio.shutdownTimeout",
          "commitProcessor.numWorkerThreads",
          "commitProcessor.maxReadBatchSize",
          "commitProcessor.maxCommitBatchSize",
          "commitProcessor.shutdownTimeout",
          "intBufferStartingSizeBytes",
          "learner.closeSocketAsync",
          "leader.closeSocketAsync",
          "learner.asyncSending",
          "follower.skipLearnerRequestToNextProcessor",
          "forward_learner_requests_to_commit_processor_disabled",
          "leader.ackLoggingFrequency",
          "quorum.cnxn.threads.size",
          "IPAuthenticationProvider.usexforwardedfor",
          "ssl.sslProvider",
          "messageTracker.Enabled",
          "messageTracker.BufferSize",
          "jvm.pause.monitor",
          "jvm.pause.info-threshold.ms",
          "jvm.pause.warn-threshold.ms",
          "jvm.pause.sleep.time.ms",
          "test.allowDiscontinuousProposals",
          "admin.httpVersion");

  /** Groups of such settings. */
  static final List<String> GROUPS_WITHOUT_EFFECT = List.of("pathStats.");

  /**
   * Names by which Apache's guide lists a setting, though what counts in the file is another one.
   */
  private static final Map<String, String> RENAMED =
      Map.ofEntries(
          Map.entry("connectionMaxTokens", "connection_throttle_tokens"),
          Map.entry("connectionTokenFillTime", "connection_throttle_fill_time"),
          Map.entry("connectionTokenFillCount", "connection_throttle_fill_count"),
          Map.entry("connectionFreezeTime", "connection_throttle_freeze_time"),
          Map.entry("connectionDropIncrease", "connection_throttle_drop_increase"),
          Map.entry("connectionDropDecrease", "connection_throttle_drop_decrease"),
          Map.entry("connectionDecreaseRatio", "connection_throttle_decrease_ratio"),
          Map.entry("requestThrottleLimit", "request_throttle_max_requests"),
          Map.entry("requestThrottleStallTime", "request_throttle_stall_time"),
          Map.entry("requestThrottleDropStale", "request_throttle_drop_stale"),
          Map.entry("requestStaleLatencyCheck", "request_stale_latency_check"),
          Map.entry("requestStaleConnectionCheck", "request_stale_connection_check"),
          Map.entry("throttledOpWaitTime", "throttled_op_wait_time"),
          Map.entry("advancedFlowControlEnabled", "netty.advancedFlowControl.enabled"),
          Map.entry("outstandingHandshake.limit", "netty.server.outstandingHandshake.limit"),
          Map.entry("digestAlg", "DigestAuthenticationProvider.digestAlg"),
          Map.entry("maxConcurrentSnapSyncs", "leader.maxConcurrentSnapSyncs"),
          Map.entry("maxConcurrentDiffSyncs", "leader.maxConcurrentDiffSyncs"));

  /** Properties without the {@code zookeeper.} prefix, which the file therefore cannot give. */
  private static final List<String> ON_COMMAND_LINE_ONLY =
      List.of(
          "jute.maxbuffer",
          "readonlymode.enabled",
          "znode.container.checkIntervalMs",
          "znode.container.maxPerMinute",
          "znode.container.maxNeverUsedIntervalMs",
          "leader.nodelay",
          "follower.nodelay");

  private KnownNames() {}

  /** What an operator who wrote this key probably meant, or null. */
  static @Nullable String hint(String key) {
    String name = RENAMED.get(key);
    if (name != null) {
      return "write " + name + ", which is the name that counts (in Apache ZooKeeper too)";
    }
    if (ON_COMMAND_LINE_ONLY.contains(key)) {
      return "give it on the command line as -D"
          + key
          + " (Apache ZooKeeper does not take it from the file either)";
    }
    if (key.startsWith("zookeeper.")) {
      return "in the file, write it without the prefix zookeeper.";
    }
    return null;
  }
}
