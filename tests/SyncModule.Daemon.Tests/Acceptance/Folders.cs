namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Files of a test: made, measured and compared.</summary>
internal static class Folders
{
    private const int PieceSize = 1 << 20;

    /// <summary>A file of random bytes that a seed gives again.</summary>
    public static void WriteRandom(string path, long size, Random random)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        var piece = new byte[PieceSize];
        for (long written = 0; written < size; written += piece.Length)
        {
            random.NextBytes(piece);
            file.Write(piece, 0, (int)Math.Min(piece.Length, size - written));
        }
    }

    /// <summary>The length of all files in a folder that others write to now.</summary>
    public static long Bytes(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length);
        }
        catch (FileNotFoundException)
        {
            return 0; // One was renamed between listing and asking.
        }
    }

    /// <summary>Same files, same bytes.</summary>
    public static void AssertEqual(string expected, string actual)
    {
        var names = FilesIn(expected);
        Assert.NotEmpty(names);
        Assert.Equal(names, FilesIn(actual));
        byte[] a = new byte[PieceSize], b = new byte[PieceSize];
        foreach (string name in names)
        {
            using var left = File.OpenRead(Path.Combine(expected, name));
            using var right = File.OpenRead(Path.Combine(actual, name));
            Assert.Equal((name, left.Length), (name, right.Length));
            while (left.ReadAtLeast(a, a.Length, throwOnEndOfStream: false) is var read and > 0)
            {
                right.ReadExactly(b, 0, read);
                Assert.True(a.AsSpan(0, read).SequenceEqual(b.AsSpan(0, read)), name + " differs");
            }
        }
    }

    /// <summary>Turns one bit of a file over.</summary>
    public static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    public static void Cut(string path, long length)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.SetLength(length);
    }

    /// <summary>The biggest file of a folder: where the data stands.</summary>
    public static string Biggest(string folder, string pattern) => new DirectoryInfo(folder).EnumerateFiles(pattern).MaxBy(f => f.Length)!.FullName;

    private static List<string> FilesIn(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];
}
