package conclave.compat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The mixes that matter most. */
@ParameterizedClass(name = "{0}")
@MethodSource("mixes")
final class EnsembleTest extends EnsembleContract {
  static List<Mix> mixes() {
    return Mix.selected("CAA+C", "ACC+A");
  }
}
