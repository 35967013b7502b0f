using System.Text;
using SyncModule.Engine.Files;

namespace SyncModule.Engine.Tests.Files;

public sealed class AtomicFileTests
{
    /// <summary>/dev/shm is a folder like any other, although what else stands in /dev is written in place.</summary>
    [Theory]
    [InlineData("/dev/shm")]
    [InlineData("/tmp")]
    public void A_new_file_and_one_that_replaces_another_appear_whole(string wanted)
    {
        string folder = Path.Combine(Directory.Exists(wanted) ? wanted : Path.GetTempPath(), "syncmodule-" + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        try
        {
            string path = Path.Combine(folder, "file");
            foreach (string content in new[] { "a longer content", "short" })
            {
                AtomicFile.Write(path, stream => stream.Write(Encoding.ASCII.GetBytes(content)));
                Assert.Equal(content, File.ReadAllText(path));
            }

            Assert.Equal([path], Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
