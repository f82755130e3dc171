package conclave.compat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle, Conclave alone, and every other way to mix the two. */
@Tag("slow")
@ParameterizedClass(name = "{0}")
@MethodSource("mixes")
final class MoreEnsemblesTest extends EnsembleContract {
  static List<Mix> mixes() {
    return Mix.selected("AAA+A", "AAC", "CCA", "CCC+C", "CCC+A", "AAA+C");
  }
}
