using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Demo;

/// <summary>Both vaults are written out and compared byte by byte, with each other and with the folder that came in.</summary>
internal static class ExportSteps
{
    private const int PieceSize = 128 * 1024;

    public static async Task RunAsync(DemoStage stage)
    {
        string desk = stage.PathOf("export of the desk"), laptop = stage.PathOf("export of the laptop");
        await stage.StepAsync("export on both", async () =>
        {
            var first = await stage.RunAsync(stage.Desk, "export", desk).ConfigureAwait(false);
            var second = await stage.RunAsync(stage.Laptop, "export", laptop).ConfigureAwait(false);
            long bytes = first.GetProperty("bytes").GetInt64() + second.GetProperty("bytes").GetInt64();
            return new DemoResult($"{Human.Count(first.GetProperty("files").GetInt64(), "file")} each", bytes, first.GetProperty("seconds").GetDouble() + second.GetProperty("seconds").GetDouble());
        }).ConfigureAwait(false);

        await stage.StepAsync("compare every byte", () =>
        {
            var exported = FilesBelow(desk);
            if (!exported.SequenceEqual(FilesBelow(laptop), StringComparer.Ordinal)) throw new DemoFailure("The two exports have different files");
            long bytes = 0;
            foreach (string file in exported) bytes += Compare(desk, laptop, file);
            var originals = FilesBelow(stage.Source);
            if (originals.Except(exported, StringComparer.Ordinal).FirstOrDefault() is { } missing) throw new DemoFailure($"The export lacks {missing}");
            foreach (string file in originals) bytes += Compare(stage.Source, laptop, file);
            return Task.FromResult(new DemoResult($"{Human.Count(exported.Count, "file")} equal on both, {originals.Count} as they were imported", bytes));
        }).ConfigureAwait(false);
    }

    /// <summary>Paths relative to a folder; links are not followed and not compared.</summary>
    private static List<string> FilesBelow(string folder) =>
        [.. new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Select(f => Path.GetRelativePath(folder, f.FullName)).Order(StringComparer.Ordinal)];

    /// <summary>Gives the length, or throws where a byte differs.</summary>
    internal static long Compare(string leftFolder, string rightFolder, string file)
    {
        using var left = File.OpenRead(Path.Combine(leftFolder, file));
        using var right = File.OpenRead(Path.Combine(rightFolder, file));
        byte[] a = new byte[PieceSize], b = new byte[PieceSize];
        while (true)
        {
            int readA = left.ReadAtLeast(a, a.Length, throwOnEndOfStream: false), readB = right.ReadAtLeast(b, b.Length, throwOnEndOfStream: false);
            if (!a.AsSpan(0, readA).SequenceEqual(b.AsSpan(0, readB))) throw new DemoFailure($"{file} differs");
            if (readA < a.Length) return left.Length;
        }
    }
}
