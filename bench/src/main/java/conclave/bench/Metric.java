package conclave.bench;

import java.util.Locale;

/** Everything that is measured, with its unit and what Conclave has to reach. */
enum Metric {
  GET_OPS("get, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(2.5)),
  GET_CPU("get, pipelined: server CPU", Unit.MICROSECONDS, Target.ratioAtMost(0.25)),
  GET_P50("get, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  GET_P99("get, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  SET_OPS("set, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(2.5)),
  SET_CPU("set, pipelined: server CPU", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  SET_P50("set, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  SET_P99("set, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  CREATE_OPS("create, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(2.5)),
  CREATE_CPU("create, pipelined: server CPU", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  CREATE_P50("create, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  CREATE_P99("create, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  MULTI_OPS("multi of 10 sets, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(2.5)),
  MULTI_CPU(
      "multi of 10 sets, pipelined: server CPU", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  MULTI_P50("multi of 10 sets, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  MULTI_P99("multi of 10 sets, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  LATENCY_GET_P50("get, one at a time: p50", Unit.MICROSECONDS, Target.ratioAtMost(0.5)),
  LATENCY_GET_P99("get, one at a time: p99", Unit.MICROSECONDS, Target.NONE),
  LATENCY_SET_P50("set, one at a time: p50", Unit.MICROSECONDS, Target.ratioAtMost(0.7)),
  LATENCY_SET_P99("set, one at a time: p99", Unit.MICROSECONDS, Target.NONE),
  HEAP_PER_ZNODE("live heap per znode of 100 B", Unit.BYTES, Target.ratioAtMost(0.5)),
  RESTART("restart on the loaded tree: first read", Unit.MILLISECONDS, Target.ratioAtMost(0.3)),
  START("empty start: first read", Unit.MILLISECONDS, Target.ratioAtMost(0.7)),
  WATCH_CPU("1,000 watchers: CPU per notification", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  WATCH_OPS("1,000 watchers: notifications", Unit.PER_SECOND, Target.NONE),
  WATCH_REARM_CPU("1,000 watchers: CPU with re-arming read", Unit.MICROSECONDS, Target.NONE),
  CHURN_CPU("session churn: CPU per session", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  CHURN_OPS("session churn: sessions", Unit.PER_SECOND, Target.NONE),
  IDLE_RSS("10,000 idle sessions: more RSS", Unit.MEGABYTES, Target.atMost(60)),
  IDLE_HEAP("10,000 idle sessions: more live heap", Unit.MEGABYTES, Target.NONE),
  SOAK_LOST("10,000 sessions held: lost", Unit.COUNT, Target.atMost(0)),
  ENSEMBLE_GET_OPS("3 servers: get, pipelined: rate", Unit.PER_SECOND, Target.NONE),
  ENSEMBLE_GET_CPU(
      "3 servers: get, pipelined: CPU of all", Unit.MICROSECONDS, Target.ratioAtMost(0.25)),
  ENSEMBLE_GET_P50("3 servers: get, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  ENSEMBLE_GET_P99("3 servers: get, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  ENSEMBLE_SET_OPS("3 servers: set, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(3)),
  ENSEMBLE_SET_CPU(
      "3 servers: set, pipelined: CPU of all", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  ENSEMBLE_SET_P50("3 servers: set, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  ENSEMBLE_SET_P99("3 servers: set, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  ENSEMBLE_CREATE_OPS(
      "3 servers: create, pipelined: rate", Unit.PER_SECOND, Target.ratioAtLeast(3)),
  ENSEMBLE_CREATE_CPU(
      "3 servers: create, pipelined: CPU of all", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  ENSEMBLE_CREATE_P50("3 servers: create, pipelined: p50", Unit.MICROSECONDS, Target.NONE),
  ENSEMBLE_CREATE_P99("3 servers: create, pipelined: p99", Unit.MICROSECONDS, Target.NONE),
  FOLLOWER_GET_P50("3 servers: one get at a follower: p50", Unit.MICROSECONDS, Target.NONE),
  FOLLOWER_GET_P99("3 servers: one get at a follower: p99", Unit.MICROSECONDS, Target.NONE),
  FOLLOWER_SET_P50(
      "3 servers: one set at a follower: p50", Unit.MICROSECONDS, Target.ratioAtMost(0.6)),
  FOLLOWER_SET_P99("3 servers: one set at a follower: p99", Unit.MICROSECONDS, Target.NONE),
  FAILOVER_GAP("leader killed: no write acknowledged", Unit.MILLISECONDS, Target.atMost(250)),
  FAILOVER_SHORTEST("leader killed: shortest", Unit.MILLISECONDS, Target.NONE),
  FAILOVER_LONGEST("leader killed: longest", Unit.MILLISECONDS, Target.NONE),
  FAILOVER_ACKNOWLEDGED("leader killed: acknowledged writes", Unit.COUNT, Target.NONE),
  FAILOVER_LOST("leader killed: of these lost", Unit.COUNT, Target.atMost(0)),
  ENSEMBLE_CHURN_CPU(
      "3 servers: churn: CPU per session", Unit.MICROSECONDS, Target.ratioAtMost(1.0 / 3)),
  ENSEMBLE_CHURN_OPS("3 servers: churn: sessions", Unit.PER_SECOND, Target.NONE),
  LEADER_ALONE(
      "leader without quorum goes on for",
      Unit.MILLISECONDS,
      Target.atMost(MemberConfig.SYNC_LIMIT_MS)),
  FOLLOWER_ALONE(
      "follower without quorum goes on for",
      Unit.MILLISECONDS,
      Target.atMost(MemberConfig.SYNC_LIMIT_MS)),
  CLIENT_GET_OPS("client, one session: get, pipelined", Unit.PER_SECOND, Target.atLeast(100_000)),
  CLIENT_GET_CPU("client, one session: own CPU per get", Unit.MICROSECONDS, Target.NONE),
  CLIENT_SET_OPS("client, one session: set, pipelined", Unit.PER_SECOND, Target.atLeast(100_000)),
  CLIENT_SET_CPU("client, one session: own CPU per set", Unit.MICROSECONDS, Target.NONE),
  GENERATOR_CPU("load generator's own CPU, get", Unit.MICROSECONDS, Target.NONE);

  private final String title;
  private final Unit unit;
  private final Target target;

  Metric(String title, Unit unit, Target target) {
    this.title = title;
    this.unit = unit;
    this.target = target;
  }

  String title() {
    return title;
  }

  Unit unit() {
    return unit;
  }

  Target target() {
    return target;
  }

  enum Unit {
    PER_SECOND("/s", "%,.0f"),
    MICROSECONDS("µs", "%,.1f"),
    MILLISECONDS("ms", "%,.0f"),
    BYTES("B", "%,.0f"),
    MEGABYTES("MB", "%,.1f"),
    COUNT("", "%,.0f");

    private final String symbol;
    private final String format;

    Unit(String symbol, String format) {
      this.symbol = symbol;
      this.format = format;
    }

    String symbol() {
      return symbol;
    }

    String show(double value) {
      return (String.format(Locale.ROOT, format, value) + " " + symbol).trim();
    }
  }
}
