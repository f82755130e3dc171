package conclave.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The arrows that Maven's modules can't hold. It stands here because the command's class path has
 * every room that ships.
 */
class ArchitectureTest {
  /** What a replica decides must follow from its arguments alone, or it can't be replayed. */
  private static final String[] DECIDING = {
    "conclave.protocol..", "conclave.state..", "conclave.consensus..", "conclave.replica.."
  };

  /** The table of docs/architecture.md: whom each room may know, of the others. */
  private static final Map<String, List<String>> ARROWS =
      Map.ofEntries(
          Map.entry("protocol", List.of()),
          Map.entry("state", List.of("protocol")),
          Map.entry("consensus", List.of("protocol")),
          Map.entry("replica", List.of("protocol", "state", "consensus")),
          Map.entry("storage", List.of("protocol", "state")),
          Map.entry("simulator", List.of("protocol", "state", "consensus", "replica", "storage")),
          Map.entry("server", List.of("protocol", "state", "consensus", "replica", "storage")),
          Map.entry("client", List.of("protocol")),
          Map.entry("recipes", List.of("protocol", "client")),
          Map.entry("failover", List.of("protocol", "client", "recipes")));

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("conclave");
  }

  @Test
  void everyRoomWasRead() {
    for (String room : rooms()) {
      assertThat(classes.stream().map(JavaClass::getPackageName))
          .as("classes of " + room)
          .anyMatch(name -> name.startsWith("conclave." + room));
    }
  }

  private static List<String> rooms() {
    List<String> rooms = new ArrayList<>(ARROWS.keySet());
    rooms.add("cli");
    return rooms;
  }

  /** Modules say so too; but a module sees all that those it depends on may see. */
  @Test
  void arrowsPointOneWay() {
    for (Map.Entry<String, List<String>> arrow : ARROWS.entrySet()) {
      String[] others =
          rooms().stream()
              .filter(room -> !room.equals(arrow.getKey()) && !arrow.getValue().contains(room))
              .map(ArchitectureTest::in)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(in(arrow.getKey()))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(others)
          .because("docs/architecture.md lets " + arrow.getKey() + " know " + arrow.getValue())
          .check(classes);
    }
  }

  private static String in(String room) {
    return "conclave." + room + "..";
  }

  /** The disk that loses power is for tests and the simulator. */
  @Test
  void whatShipsKeepsToRealDisks() {
    noClasses()
        .that()
        .resideOutsideOfPackages("conclave.simulator..", "conclave.storage.simulated..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("conclave.storage.simulated..")
        .check(classes);
  }

  @Test
  void noPackageIsInACycle() {
    slices().matching("conclave.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void whatDecidesTouchesNoWorld() {
    noClasses()
        .that()
        .resideInAnyPackage(DECIDING)
        .should()
        .dependOnClassesThat(world())
        .because("time, randomness and I/O arrive as arguments")
        .check(classes);
  }

  /** Of a failover controller only these decide; the rest of its room is the world. */
  @Test
  void failoversAreDecidedWithoutTheWorldToo() {
    noClasses()
        .that()
        .haveFullyQualifiedName("conclave.failover.FailoverMachine")
        .or()
        .haveFullyQualifiedName("conclave.failover.HealthMonitor")
        .should()
        .dependOnClassesThat(world())
        .orShould()
        .callMethodWhere(describe("the system's clock or dice", ArchitectureTest::readsClockOrDice))
        .because("time and I/O arrive as arguments")
        .check(classes);
  }

  private static DescribedPredicate<JavaClass> world() {
    return resideInAnyPackage(
            "java.io..",
            "java.nio.file..",
            "java.nio.channels..",
            "java.net..",
            "java.util.logging..",
            "org.slf4j..",
            "io.netty..")
        .or(type(Thread.class))
        .or(type(java.util.concurrent.Executor.class))
        .or(type(java.util.concurrent.ExecutorService.class))
        .or(type(java.util.concurrent.Executors.class))
        .or(type(java.util.concurrent.ThreadLocalRandom.class))
        .or(type(java.security.SecureRandom.class))
        .or(type(java.util.Timer.class))
        .and(not(type(java.io.Serializable.class)));
  }

  @Test
  void whatDecidesReadsNoClockAndThrowsNoDice() {
    noClasses()
        .that()
        .resideInAnyPackage(DECIDING)
        .should()
        .callMethodWhere(describe("the system's clock or dice", ArchitectureTest::readsClockOrDice))
        .orShould()
        .callConstructor(java.util.Random.class)
        .because("the same input must lead to the same state, at any time and on any machine")
        .check(classes);
  }

  @Test
  void onlyTheCommandEndsTheProcessOrWritesToTheTerminal() {
    noClasses()
        .that()
        .resideOutsideOfPackages("conclave.cli..", "conclave.bench..")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(classes);
  }

  @Test
  void nobodyUsesAnotherLoggerThanSlf4j() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.logging..")
        .check(classes);
  }

  private static boolean readsClockOrDice(JavaAccess<?> access) {
    String owner = access.getTargetOwner().getName();
    String name = access.getTarget().getName();
    return switch (owner) {
      case "java.lang.System" ->
          Set.of("currentTimeMillis", "nanoTime", "getProperty", "getenv").contains(name);
      case "java.lang.Math" -> name.equals("random");
      case "java.util.UUID" -> name.equals("randomUUID");
      case "java.time.Instant", "java.time.LocalDateTime", "java.time.ZonedDateTime" ->
          name.equals("now");
      case "java.time.Clock" -> name.startsWith("system");
      case "java.lang.Integer", "java.lang.Long", "java.lang.Boolean" ->
          Set.of("getInteger", "getLong", "getBoolean").contains(name);
      default -> false;
    };
  }
}
