using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Cryptography;

public partial class NativeLibrariesTests
{
    static NativeLibrariesTests() =>
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) =>
            string.Equals(name, "libnothing", StringComparison.Ordinal) ? NativeLibraries.Load("libnothing", ["libnothing.so.1", "libnothing.so"]) : 0);

    [LibraryImport("libnothing")]
    private static partial int nothing();

    [Fact]
    public void A_missing_library_is_a_typed_error_at_the_call_that_needs_it()
    {
        for (int attempt = 0; attempt < 2; attempt++)
        {
            var error = Assert.Throws<SyncException>(() => nothing());
            Assert.Same(SyncErrors.NativeLibraryMissing, error.Kind);
            Assert.Contains("libnothing.so.1", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_packed_is_taken_before_what_the_system_has()
    {
        string folder = Directory.CreateTempSubdirectory("natives").FullName;
        try
        {
            // No system has a library of this name, so it can only be the packed one. A file that is no library is passed over.
            string packed = Directory.CreateDirectory(NativeLibraries.PackedFolder(folder)).FullName;
            nint real = NativeLibraries.Load("libsodium", NativeLibraries.CandidatesFor(NativeLibraries.Sodium, NativeLibraries.Platform));
            File.WriteAllText(Path.Combine(packed, "libonlyhere.so.1"), "no library");
            Assert.Throws<SyncException>(() => NativeLibraries.Load("libonlyhere", ["libonlyhere.so.1"], packed));
            File.Delete(Path.Combine(packed, "libonlyhere.so.1"));
            File.CreateSymbolicLink(Path.Combine(packed, "libonlyhere.so.1"), FileOf(real));
            Assert.NotEqual(0, NativeLibraries.Load("libonlyhere", ["libonlyhere.so.1"], packed));
            Assert.Throws<SyncException>(() => NativeLibraries.Load("libonlyhere", ["libonlyhere.so.1"]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The file that a loaded library came from.
    private static string FileOf(nint library)
    {
        nint symbol = NativeLibrary.GetExport(library, "sodium_init");
        return Process.GetCurrentProcess().Modules.Cast<ProcessModule>()
            .First(m => m.BaseAddress <= symbol && symbol < m.BaseAddress + m.ModuleMemorySize).FileName;
    }

    [Fact]
    public void Every_system_has_candidates_for_both_libraries()
    {
        foreach (var platform in new[] { OSPlatform.Linux, OSPlatform.OSX, OSPlatform.Windows })
        {
            Assert.NotEmpty(NativeLibraries.CandidatesFor(NativeLibraries.Sodium, platform));
            Assert.NotEmpty(NativeLibraries.CandidatesFor(NativeLibraries.Zstd, platform));
        }

        Assert.Equal("libsodium.so.23", NativeLibraries.CandidatesFor(NativeLibraries.Sodium, OSPlatform.Linux)[0]);
        Assert.Empty(NativeLibraries.CandidatesFor("libc", OSPlatform.Linux));
    }
}
