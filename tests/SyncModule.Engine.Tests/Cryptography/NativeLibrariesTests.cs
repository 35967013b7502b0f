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
