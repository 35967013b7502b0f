using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace SyncModule.Benchmarks.Machine;

/// <summary>What a reader must know to judge a figure. Load is the average of the minute before the run began, Linux only.</summary>
internal sealed record MachineFacts(DateOnly Date, string Processor, int Cores, bool Avx512, string Kernel, string Runtime, string FileSystem, double Load)
{
    public static MachineFacts Read(string scratch) => new(
        DateOnly.FromDateTime(DateTime.UtcNow),
        Line("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Avx512F.IsSupported,
        $"{(OperatingSystem.IsLinux() ? "Linux" : RuntimeInformation.OSDescription)} {(OperatingSystem.IsLinux() ? First("/proc/sys/kernel/osrelease") : "")}".Trim(),
        Environment.Version.ToString(),
        FileSystemOf(scratch),
        OperatingSystem.IsLinux() ? double.Parse(First("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : 0);

    /// <summary>One line for people. A load above the number of cores says that others were at work, and that times are too long.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"{Processor}, {Cores} cores, {(Avx512 ? "with" : "without")} AVX-512, {Kernel}, .NET {Runtime}, {FileSystem}, load {Load:0.0} at the start{(Load > Cores ? " (others were at work)" : "")}");

    private static string FileSystemOf(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).DriveFormat;
        }
        catch (IOException)
        {
            return "an unknown file system";
        }
    }

    private static string First(string file) => File.Exists(file) ? File.ReadLines(file).First().Trim() : "";

    private static string? Line(string file, string name) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null;
}
