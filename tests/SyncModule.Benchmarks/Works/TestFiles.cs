using System.Globalization;
using System.Security.Cryptography;

namespace SyncModule.Benchmarks.Works;

/// <summary>Data to carry: random, so that nothing can be compressed or found twice.</summary>
internal static class TestFiles
{
    public static void Random(string file, long size)
    {
        byte[] buffer = new byte[1 << 20];
        using var stream = File.Create(file);
        for (long left = size; left > 0; left -= buffer.Length)
        {
            RandomNumberGenerator.Fill(buffer);
            stream.Write(buffer, 0, (int)Math.Min(left, buffer.Length));
        }
    }

    /// <summary>Files of 1 KB, spread over folders.</summary>
    public static void Small(string folder, int files, int folders)
    {
        byte[] buffer = new byte[1024];
        for (int i = 0; i < files; i++)
        {
            string below = Path.Combine(folder, (i % folders).ToString("D3", CultureInfo.InvariantCulture));
            if (i < folders) Directory.CreateDirectory(below);
            RandomNumberGenerator.Fill(buffer);
            File.WriteAllBytes(Path.Combine(below, i.ToString("D5", CultureInfo.InvariantCulture)), buffer);
        }
    }
}
