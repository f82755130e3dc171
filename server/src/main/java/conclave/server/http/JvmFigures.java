package conclave.server.http;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Figures of the JVM and its process, by the names that the Java client of Prometheus made common.
 */
final class JvmFigures {
  private static final String GAUGE = "gauge";
  private static final String COUNTER = "counter";

  private JvmFigures() {}

  static void write(PrometheusText text) {
    process(text);
    collectors(text);
    memory(text);
    pools(text);
    buffers(text);
    classes(text);
    threads(text);
    text.family("jvm_info", GAUGE)
        .sample(
            "jvm_info",
            1,
            "version",
            System.getProperty("java.runtime.version", "unknown"),
            "vendor",
            System.getProperty("java.vm.vendor", "unknown"),
            "runtime",
            System.getProperty("java.runtime.name", "unknown"));
  }

  private static void process(PrometheusText text) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      one(text, "process_cpu_seconds_total", COUNTER, system.getProcessCpuTime() / 1e9);
    }
    long startMs = ManagementFactory.getRuntimeMXBean().getStartTime();
    one(text, "process_start_time_seconds", GAUGE, startMs / 1e3);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      one(text, "process_open_fds", GAUGE, unix.getOpenFileDescriptorCount());
      one(text, "process_max_fds", GAUGE, unix.getMaxFileDescriptorCount());
    }
    // Linux alone tells the rest, and in a file.
    for (String line : linesOf(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmSize:")) {
        one(text, "process_virtual_memory_bytes", GAUGE, kilobytes(line));
      } else if (line.startsWith("VmRSS:")) {
        one(text, "process_resident_memory_bytes", GAUGE, kilobytes(line));
      }
    }
  }

  private static List<String> linesOf(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static double kilobytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024.0;
  }

  private static void collectors(PrometheusText text) {
    text.family("jvm_gc_collection_seconds", "summary");
    for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
      String name = gc.getName();
      text.sample("jvm_gc_collection_seconds_count", gc.getCollectionCount(), "gc", name);
      text.sample("jvm_gc_collection_seconds_sum", gc.getCollectionTime() / 1e3, "gc", name);
    }
  }

  private static void memory(PrometheusText text) {
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    MemoryUsage other = ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage();
    parts()
        .forEach(
            (part, of) ->
                text.family("jvm_memory_bytes_" + part, GAUGE)
                    .sample("jvm_memory_bytes_" + part, of.applyAsDouble(heap), "area", "heap")
                    .sample(
                        "jvm_memory_bytes_" + part, of.applyAsDouble(other), "area", "nonheap"));
  }

  private static void pools(PrometheusText text) {
    List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
    parts()
        .forEach(
            (part, of) -> {
              text.family("jvm_memory_pool_bytes_" + part, GAUGE);
              for (MemoryPoolMXBean pool : pools) {
                MemoryUsage usage = pool.getUsage();
                if (usage != null) {
                  text.sample(
                      "jvm_memory_pool_bytes_" + part,
                      of.applyAsDouble(usage),
                      "pool",
                      pool.getName());
                }
              }
            });
  }

  private static Map<String, ToDoubleFunction<MemoryUsage>> parts() {
    return Map.of(
        "used", MemoryUsage::getUsed,
        "committed", MemoryUsage::getCommitted,
        "max", MemoryUsage::getMax,
        "init", MemoryUsage::getInit);
  }

  private static void buffers(PrometheusText text) {
    List<BufferPoolMXBean> pools = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    Map<String, ToDoubleFunction<BufferPoolMXBean>> figures =
        Map.of(
            "used_bytes", BufferPoolMXBean::getMemoryUsed,
            "capacity_bytes", BufferPoolMXBean::getTotalCapacity,
            "used_buffers", BufferPoolMXBean::getCount);
    figures.forEach(
        (figure, of) -> {
          text.family("jvm_buffer_pool_" + figure, GAUGE);
          for (BufferPoolMXBean pool : pools) {
            text.sample(
                "jvm_buffer_pool_" + figure, of.applyAsDouble(pool), "pool", pool.getName());
          }
        });
  }

  private static void classes(PrometheusText text) {
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    one(text, "jvm_classes_loaded", GAUGE, classes.getLoadedClassCount());
    one(text, "jvm_classes_loaded_total", COUNTER, classes.getTotalLoadedClassCount());
    one(text, "jvm_classes_unloaded_total", COUNTER, classes.getUnloadedClassCount());
  }

  private static void threads(PrometheusText text) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    one(text, "jvm_threads_current", GAUGE, threads.getThreadCount());
    one(text, "jvm_threads_daemon", GAUGE, threads.getDaemonThreadCount());
    one(text, "jvm_threads_peak", GAUGE, threads.getPeakThreadCount());
    one(text, "jvm_threads_started_total", COUNTER, threads.getTotalStartedThreadCount());
    one(text, "jvm_threads_deadlocked", GAUGE, count(threads.findDeadlockedThreads()));
    one(
        text,
        "jvm_threads_deadlocked_monitor",
        GAUGE,
        count(threads.findMonitorDeadlockedThreads()));
    Map<Thread.State, Integer> states = new EnumMap<>(Thread.State.class);
    for (Thread.State state : Thread.State.values()) {
      states.put(state, 0);
    }
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      // Null is one that has ended meanwhile.
      if (thread != null) {
        states.merge(thread.getThreadState(), 1, Integer::sum);
      }
    }
    text.family("jvm_threads_state", GAUGE);
    states.forEach(
        (state, count) -> text.sample("jvm_threads_state", count, "state", state.name()));
  }

  private static int count(long @org.jspecify.annotations.Nullable [] ids) {
    return ids == null ? 0 : ids.length;
  }

  private static void one(PrometheusText text, String name, String type, double value) {
    text.family(name, type).sample(name, value);
  }
}
