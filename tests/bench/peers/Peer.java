import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the jobs share: the topics, an event, the clock and the sum, all as in bare_loop.cc. */
final class Peer {
  static final long MINUTE_MS = 60_000;

  /** What a job keeps of an event. Times are in UTC and ids in ASCII, as the simulator writes them. */
  public static final class Event {
    public String department = "none";
    public long timeMs;
    public long size; // of the ids and the type, which are read for that
  }

  /** Of a department in a minute. */
  public static final class Cell {
    public long count;
    public long sum;

    public void add(long more, long size) {
      count += more;
      sum += size;
    }
  }

  /** Cells of all partitions, by department and then by minute since 1970. */
  static final class Cells {
    private final Map<String, Map<Long, Cell>> cells = new HashMap<>();

    synchronized void add(String department, long minute, Cell cell) {
      cells.computeIfAbsent(department, d -> new HashMap<>()).computeIfAbsent(minute, m -> new Cell()).add(cell.count, cell.sum);
    }

    /** The line that the benchmark reads. */
    synchronized void print() {
      long events = 0, sum = 0, count = 0;
      for (var department : cells.entrySet()) {
        long weight = 0;
        for (byte b : department.getKey().getBytes(StandardCharsets.UTF_8)) weight += b & 0xff;
        for (var minute : department.getValue().entrySet()) {
          Cell cell = minute.getValue();
          ++count;
          events += cell.count;
          sum += (cell.count + cell.sum) * (minute.getKey() + weight);
        }
      }
      System.out.printf("events=%d seconds=%.3f cpu=%.2f sum=%d cells=%d%n", events, (endNs - beginNs) / 1e9, (endCpuNs - beginCpuNs) / 1e9,
          sum, count);
      System.out.flush();
    }
  }

  private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final JsonFactory JSON = new JsonFactory();
  private static volatile boolean begun;
  private static long beginNs, beginCpuNs, endNs, endCpuNs;

  static List<String> topics(String prefix) {
    return List.of(prefix + ".checkins", prefix + ".encounters", prefix + ".billing", prefix + ".workflow");
  }

  /** The clock starts with the first event, and stops at the last call of this. */
  static void end() {
    endNs = System.nanoTime();
    endCpuNs = PROCESS.getProcessCpuTime();
  }

  private static synchronized void begin() {
    if (begun) return;
    beginNs = System.nanoTime();
    beginCpuNs = PROCESS.getProcessCpuTime();
    begun = true;
  }

  /** By the streaming parser, the fastest that Jackson has. */
  static Event read(byte[] json) {
    if (!begun) begin();
    Event event = new Event();
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      for (String name; (name = parser.nextFieldName()) != null; ) {
        if (parser.nextToken() != JsonToken.VALUE_STRING) {
          parser.skipChildren();
          continue;
        }
        switch (name) {
          case "event_id", "event_type", "patient_id", "visit_id" -> event.size += parser.getText().length();
          case "event_time" -> event.timeMs = millis(parser.getText());
          case "department" -> event.department = parser.getText();
          default -> { }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return event;
  }

  /** Of "2026-11-21T13:41:07.250Z": several times as fast as Instant.parse. */
  private static long millis(String time) {
    long day = LocalDate.of(number(time, 0, 4), number(time, 5, 7), number(time, 8, 10)).toEpochDay();
    long seconds = ((day * 24 + number(time, 11, 13)) * 60 + number(time, 14, 16)) * 60 + number(time, 17, 19);
    return seconds * 1000 + (time.length() > 23 ? number(time, 20, 23) : 0);
  }

  private static int number(String text, int from, int to) {
    int value = 0;
    for (int i = from; i < to; ++i) value = value * 10 + text.charAt(i) - '0';
    return value;
  }

  private Peer() { }
}
