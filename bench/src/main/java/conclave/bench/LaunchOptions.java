package conclave.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * How the two servers are started.
 *
 * @param javaHome the JDK that runs both
 * @param heap the value of {@code -Xmx} for both
 * @param configLines further lines of {@code zoo.cfg} for both
 * @param apacheLib the directory with Apache's server class path
 * @param conclaveCommand the command that gets {@code server zoo.cfg} as its arguments
 */
record LaunchOptions(
    Path javaHome,
    String heap,
    List<String> configLines,
    Path apacheLib,
    List<String> apacheJvmFlags,
    List<String> conclaveCommand,
    List<String> conclaveJvmFlags) {}
