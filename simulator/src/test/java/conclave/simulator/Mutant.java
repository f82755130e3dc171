package conclave.simulator;

import conclave.consensus.Zxid;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.SessionTouches;
import conclave.protocol.TxnHeader;
import conclave.replica.Delivery;
import conclave.simulator.Options.Kind;
import java.util.EnumSet;
import java.util.List;

/** Servers that are wrong on purpose. The simulator is worth what it finds of them. */
enum Mutant {
  /** The log tells that it is durable when it isn't. */
  ACKNOWLEDGES_BEFORE_SYNC(Kind.POWER_CUT, Kind.KILL) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean durableAtOnce() {
          return true;
        }
      };
    }
  },

  /** NEWLEADER is acknowledged while what came before it is on its way to the disk (ZK-3911). */
  ACKNOWLEDGES_NEWLEADER_EARLY(Kind.PAUSE, Kind.KILL, Kind.SLOW_DISK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean durableAt(QuorumPacket packet) {
          return packet.is(QuorumPacketType.NEWLEADER);
        }
      };
    }
  },

  /** The epochs are kept in memory alone. */
  FORGETS_EPOCHS(Kind.KILL) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean writesEpochs() {
          return false;
        }
      };
    }
  },

  /** The leader believes that everybody has what it has sent. */
  COMMITS_ON_MINORITY(Kind.SLOW_DISK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> forged(QuorumPacket packet) {
          return packet.is(QuorumPacketType.PROPOSAL)
              ? List.of(new QuorumPacket(QuorumPacketType.ACK, packet.zxid()))
              : List.of();
        }
      };
    }
  },

  /** The leader sends COMMIT with the proposal, before anybody has it. */
  COMMITS_AT_ONCE(Kind.KILL) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> toLearner(QuorumPacket packet) {
          if (packet.is(QuorumPacketType.COMMIT)) {
            return List.of();
          }
          return packet.is(QuorumPacketType.PROPOSAL)
              ? List.of(packet, new QuorumPacket(QuorumPacketType.COMMIT, packet.zxid()))
              : List.of(packet);
        }
      };
    }
  },

  /** One zxid means different transactions to different members. */
  USES_A_ZXID_TWICE() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        private int proposals;

        @Override
        List<QuorumPacket> toLearner(QuorumPacket packet) {
          return packet.is(QuorumPacketType.PROPOSAL) && ++proposals % 50 == 0
              ? List.of(atAnotherTime(packet))
              : List.of(packet);
        }
      };
    }
  },

  /** A learner that has too much keeps one of it. */
  CUTS_ONE_TOO_FEW(Kind.PARTITION, Kind.PAUSE, Kind.KILL, Kind.BREAK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> toLearner(QuorumPacket packet) {
          return packet.is(QuorumPacketType.TRUNC)
              ? List.of(new QuorumPacket(QuorumPacketType.TRUNC, packet.zxid() + 1))
              : List.of(packet);
        }
      };
    }
  },

  /** A learner that has too much keeps it (ZK-2845, ZK-5094). */
  FORGETS_TRUNC(Kind.PARTITION, Kind.PAUSE, Kind.KILL, Kind.BREAK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean truncates() {
          return false;
        }
      };
    }
  },

  /** A leader's snapshot is kept in memory alone (ZK-3642). */
  INSTALLS_IN_MEMORY_ONLY(Kind.KILL, Kind.PARTITION) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean installs() {
          return false;
        }
      };
    }
  },

  /** A learner is told to serve before a quorum has what the leader begins with. */
  UPTODATE_BEFORE_QUORUM(Kind.KILL, Kind.PARTITION) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> toLearner(QuorumPacket packet) {
          return packet.is(QuorumPacketType.NEWLEADER)
              ? List.of(packet, new QuorumPacket(QuorumPacketType.UPTODATE, -1))
              : List.of(packet);
        }
      };
    }
  },

  /** A new process promises again what the last one had promised to somebody else. */
  FORGETS_ITS_PROMISE(Kind.KILL, Kind.PARTITION) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        long acceptedEpoch(long accepted, long current) {
          return current;
        }

        @Override
        List<QuorumPacket> toLeader(SimulatedHost host, QuorumPacket packet) {
          return packet.is(QuorumPacketType.FOLLOWERINFO)
              ? List.of(new QuorumPacket(packet.typeCode(), 0, packet.data(), null))
              : List.of(packet);
        }
      };
    }
  },

  /** Votes don't say how much the candidate has, and nobody asks later. */
  ELECTS_BY_NUMBER_ALONE(Kind.KILL, Kind.PARTITION) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        Notification notification(Notification n) {
          return new Notification(
              n.state(), n.leader(), 0, n.electionEpoch(), 0, n.version(), n.config());
        }

        @Override
        List<QuorumPacket> toLeader(SimulatedHost host, QuorumPacket packet) {
          return packet.is(QuorumPacketType.ACKEPOCH)
              ? List.of(new QuorumPacket(packet.typeCode(), 0, packet.data(), null))
              : List.of(packet);
        }
      };
    }
  },

  /** Learners say of sessions that are silent that they are not. */
  NEVER_EXPIRES_A_SESSION() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> toLeader(SimulatedHost host, QuorumPacket packet) {
          if (!packet.is(QuorumPacketType.PING)) {
            return List.of(packet);
          }
          JuteWriter out = new JuteWriter();
          host.replica()
              .state()
              .sessions()
              .forEach((id, timeoutMs) -> SessionTouches.write(out, id, timeoutMs));
          return List.of(new QuorumPacket(QuorumPacketType.PING, packet.zxid(), out.toByteArray()));
        }
      };
    }
  },

  /** Learners never say which sessions they have heard of. */
  EXPIRES_LIVING_SESSIONS() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        List<QuorumPacket> toLeader(SimulatedHost host, QuorumPacket packet) {
          return packet.is(QuorumPacketType.PING)
              ? List.of(new QuorumPacket(QuorumPacketType.PING, packet.zxid(), new byte[0]))
              : List.of(packet);
        }
      };
    }
  },

  /** Clients are answered by a server that has lost its leader. */
  SERVES_WITHOUT_A_QUORUM(Kind.PARTITION, Kind.PAUSE, Kind.BREAK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean stopsServing() {
          return false;
        }
      };
    }
  },

  /** A read overtakes the event that announces what it shows. */
  SHOWS_DATA_BEFORE_THE_EVENT() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean eventsFirst() {
          return false;
        }
      };
    }
  },

  /** A watch doesn't fire. */
  LOSES_EVENTS() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        private int events;

        @Override
        boolean delivers(Delivery delivery) {
          return !(delivery instanceof Delivery.Event) || ++events % 10 != 0;
        }
      };
    }
  },

  /** A sync is answered by the server alone (ZK-1675 and worse). */
  SYNCS_WITH_NOBODY(Kind.PARTITION, Kind.ONE_WAY, Kind.SLOW_LINK) {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean syncsAlone() {
          return true;
        }
      };
    }
  },

  /** A read doesn't wait for the session's writes before it. */
  READS_BEFORE_WRITES() {
    @Override
    Tampering tampering() {
      return new Tampering() {
        @Override
        boolean readsInOrder() {
          return false;
        }
      };
    }
  };

  private final EnumSet<Kind> kinds = EnumSet.noneOf(Kind.class);

  Mutant(Kind... kinds) {
    this.kinds.addAll(List.of(kinds));
  }

  /** What it does wrong. */
  abstract Tampering tampering();

  /** What has to go wrong for it to matter. */
  EnumSet<Kind> kinds() {
    return kinds;
  }

  private static QuorumPacket atAnotherTime(QuorumPacket packet) {
    byte[] data = packet.data();
    if (data == null || Zxid.counter(packet.zxid()) < 2) {
      return packet;
    }
    LoggedTxn txn = LoggedTxn.read(new JuteReader(data));
    TxnHeader header = txn.header();
    JuteWriter out = new JuteWriter();
    new LoggedTxn(
            new TxnHeader(header.clientId(), header.cxid(), header.zxid(), header.timeMs() + 1),
            txn.txn(),
            txn.digest())
        .write(out);
    return new QuorumPacket(packet.typeCode(), packet.zxid(), out.toByteArray(), null);
  }
}
